//! What a path asks this service. The code that answers requests decides it.

use std::ops::Range;

use super::finding::shown;
use super::rule::Rule;
use super::text::{list, near};
use crate::declaration::Declaration;
use crate::engine::{Named, Selection, WHOLE, common};
use crate::format::Format;
use crate::http::{parse_query, target};
use crate::spec::Probe;

/// What is wrong with a path, and the way out.
pub(super) type Problem = (Rule, String);

impl Declaration {
    /// The probe that the path and query ask, and what is wrong with them. `None`: the path is not one of this service.
    pub(super) fn question(&self, path_and_query: &str, wanted: Probe) -> (Option<Probe>, Vec<Problem>) {
        let without_fragment = path_and_query.split('#').next().unwrap_or_default();
        let (path, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
        // A prober adds the first `/`.
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let Some(target) = target(&self.service.routes, &path) else {
            return (None, vec![(Rule::UnknownPath, self.unknown_path(&path, wanted))]);
        };
        let route = &self.service.routes[target.route];
        let probe = route.probe;
        let mut problems = Vec::new();
        let mut of = 0..self.plans.len();
        if let Some(below) = target.below {
            match self.named_in(probe, below) {
                Some(named) => of = named.checks(),
                None => problems.push((Rule::UnknownCheck, self.unknown_check(&route.path, below, probe))),
            }
        }
        self.query(query, probe, of, &mut problems);
        (Some(probe), problems)
    }

    /// The path to write for the probe.
    pub(super) fn path(&self, probe: Probe) -> &str {
        let mut routes = self.service.routes.iter();
        routes
            .find(|route| route.probe == probe)
            .map_or("", |route| &*route.path)
    }

    fn named_in(&self, probe: Probe, name: &str) -> Option<&Named> {
        let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
        let named = self.names.named(&name)?;
        self.names.offers(probe, &[named.checks()]).then_some(named)
    }

    fn unknown_path(&self, path: &str, wanted: Probe) -> String {
        let paths: Vec<_> = self.service.routes.iter().map(|route| &*route.path).collect();
        let right = self.path(wanted);
        format!(
            "asks `{}`, but this service answers at {}; write `{right}`",
            shown(path),
            list(&paths, "and")
        )
    }

    fn unknown_check(&self, path: &str, name: &str, probe: Probe) -> String {
        if name.is_empty() {
            return format!("asks `{path}/`, which is answered with 404; remove the `/` at the end");
        }
        let in_probe = self.plans.iter().filter(|plan| plan.spec.is_in(probe));
        let names: Vec<_> = in_probe.map(|plan| plan.spec.name()).collect();
        let way_out = match near(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{path}/{near}`?"),
            None if names.is_empty() => format!("write `{path}`"),
            None => format!("its checks are {}", list(&names, "and")),
        };
        format!(
            "asks `{path}/{}`, but {probe} has no such check, so the answer is always 404; {way_out}",
            shown(name)
        )
    }

    /// The same steps as those of an answer, see `Probes::question`.
    fn query(&self, query: &str, probe: Probe, of: Range<usize>, problems: &mut Vec<Problem>) {
        let known = &self.names;
        let Some(query) = parse_query(query, known) else {
            let message = "has more than 64 names in its query, so the answer is always 404; use a group".into();
            problems.push((Rule::InvalidQuery, message));
            return;
        };
        if let Some(format) = query.format.as_deref().filter(|name| Format::named(name).is_none()) {
            let message = format!(
                "asks for the format `{}`, which does not exist; remove `format`",
                shown(format)
            );
            problems.push((Rule::InvalidQuery, message));
        }
        let mut included = Vec::new();
        for group in &query.groups {
            let before = included.len();
            included.extend(known.group(group).iter().map(|checks| common(checks, &of)));
            let has_groups = matches!(probe, Probe::Readiness | Probe::Health);
            if !has_groups || !known.offers(probe, &included[before..]) {
                problems.push((Rule::UnknownGroup, self.unknown_group(group, probe, has_groups)));
                return;
            }
        }
        for name in &query.unmatched {
            let near = near(name, self.plans.iter().map(|plan| plan.spec.name()));
            let way_out = near.map_or_else(|| "remove it".into(), |near| format!("did you mean `{near}`?"));
            let message = format!(
                "excludes `{}`, but no check has this name, so nothing is left out; {way_out}",
                shown(name)
            );
            problems.push((Rule::UnknownExclude, message));
        }
        if query.groups.is_empty() {
            included.push(of);
        }
        let excluded = query.exclude.into_iter().map(|(_, checks)| checks).collect();
        let selection = Selection::part(included, excluded);
        if !known.offers(probe, selection.ranges()) && known.offers(probe, WHOLE) {
            let message = "excludes every check, so the answer is always 404; keep one of them".into();
            problems.push((Rule::UnknownExclude, message));
        }
    }

    fn unknown_group(&self, group: &str, probe: Probe, has_groups: bool) -> String {
        let shown = shown(group);
        if !has_groups {
            return format!(
                "asks for the group `{shown}`, but {probe} has no groups, so the answer is always 404; remove `group`"
            );
        }
        let in_probe = self.plans.iter().filter(|plan| plan.spec.is_in(probe));
        let mut groups: Vec<_> = in_probe
            .flat_map(|plan| plan.spec.texts().groups.iter().map(|group| &**group))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let way_out = match near(group, groups.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if groups.is_empty() => "remove `group`".into(),
            None => format!("the groups are {}", list(&groups, "and")),
        };
        format!(
            "asks for the group `{shown}`, but no check of {probe} is in it, so the answer is always 404; {way_out}"
        )
    }
}
