//! What a request asks: about which probe and checks, and for which body.

use std::borrow::Cow;

use crate::engine::{Named, Selection, WHOLE, common};
use crate::format::{Excluded, Format, Scope};
#[cfg(feature = "page")]
use crate::http::page;
use crate::http::paths::Target;
use crate::http::query::{self, Query};
use crate::http::{ALLOW, Answer, ProbeRequest, Probes, WRONG_METHOD, is_allowed};
use crate::report::Audience;
use crate::spec::Probe;
use crate::text;

const NO_SUCH_CHECK: &str = "no such check in this probe";
const NO_SUCH_GROUP: &str = "no such group in this probe";
const NOTHING_LEFT: &str = "no check of this probe is left";
const TOO_MANY_NAMES: &str = "more than 64 names";

/// At most this many excluded checks are named in an answer.
const MOST_EXCLUDED: usize = 80;

/// What a request asks.
pub(super) struct Question {
    pub(super) probe: Probe,
    /// The index of the route.
    pub(super) route: usize,
    /// `None`: all checks of the probe.
    pub(super) selection: Option<Selection>,
    pub(super) format: Format,
    /// `None`: nothing beside the checks.
    pub(super) scope: Option<Box<Scope>>,
}

impl Probes {
    /// What the request asks, or the answer to a request that is refused.
    pub(super) fn question(&self, target: &Target<'_>, request: &ProbeRequest<'_>) -> Result<Question, Answer> {
        #[cfg(feature = "token")]
        if let Some(refusal) = self.unauthorized(request) {
            return Err(refusal);
        }
        let refused = |status, why| Err(self.refusal(status, why));
        let route = target.route;
        let probe = self.route(route).probe;
        let named = match target.below {
            None => None,
            Some(name) => match self.named(probe, name) {
                Some(named) => Some(named),
                None => return refused(404, NO_SUCH_CHECK),
            },
        };
        if !is_allowed(request.method) {
            return Err(self.refusal(405, WRONG_METHOD).with_header("allow", ALLOW));
        }
        let known = &self.engine.names;
        let Some(query) = query::parse(request.query.unwrap_or_default(), known) else {
            return refused(404, TOO_MANY_NAMES);
        };
        let Some(format) = format(request.accept, &query) else {
            return refused(404, Format::unknown());
        };
        #[cfg(feature = "page")]
        if let Some(answer) = page::end_of_events(format, request) {
            return Err(answer);
        }
        let scope = self.scope(probe, named, &query);
        if named.is_none() && query.groups.is_empty() && query.exclude.is_empty() && !query.hops {
            return Ok(Question {
                probe,
                route,
                selection: None,
                format,
                scope,
            });
        }
        let exclude: Vec<_> = query.exclude.into_iter().map(|(_, checks)| checks).collect();
        let of = named.map_or(0..self.engine.plans.len(), Named::checks);
        let mut included = Vec::new();
        for group in &query.groups {
            let before = included.len();
            included.extend(known.group(group).iter().map(|checks| common(checks, &of)));
            // A group without a check in the probe is refused, so that a misspelt group does not pass.
            let has_groups = matches!(probe, Probe::Readiness | Probe::Health);
            if !has_groups || !known.offers(probe, &included[before..]) {
                return refused(404, NO_SUCH_GROUP);
            }
        }
        if query.groups.is_empty() {
            included.push(of);
        }
        let mut selection = Selection::part(included.clone(), exclude.clone());
        // A selection without a check would pass, so it is refused. A probe that has no checks at all is allowed.
        if !known.offers(probe, selection.ranges()) && known.offers(probe, WHOLE) {
            return refused(404, NOTHING_LEFT);
        }
        if let Some(Named::Check(index)) = named {
            selection = Selection::one(*index);
        } else if query.hops {
            // After the refusal: a service may have no other checks, and then it answers for itself alone.
            let excluded = exclude.into_iter().chain(known.asking()).collect();
            selection = Selection::part(included, excluded);
        }
        Ok(Question {
            probe,
            route,
            selection: Some(selection),
            format,
            scope,
        })
    }

    /// What the request asks for beside the checks. `None`: nothing.
    fn scope(&self, probe: Probe, named: Option<&Named>, query: &Query<'_>) -> Option<Box<Scope>> {
        let one = matches!(named, Some(Named::Check(_)));
        // No format shows it to the public, so the public does not cause the work of copying it either.
        let history = query.history && self.audience == Audience::Internal;
        if !one && !history && !query.verbose && query.exclude.is_empty() && query.unmatched.is_empty() {
            return None;
        }
        let (plans, known) = (&self.engine.plans, &self.engine.names);
        let of = named.map_or(0..plans.len(), Named::checks);
        let in_a_group = |index: &usize| {
            let ranges = query.groups.iter().flat_map(|group| known.group(group));
            query.groups.is_empty() || ranges.into_iter().any(|range| range.contains(index))
        };
        let mut excluded: Vec<Excluded> = Vec::new();
        let mut unmatched: Vec<_> = query.unmatched.iter().map(Cow::as_ref).collect();
        for (name, checks) in &query.exclude {
            let is_check = matches!(known.named(name), Some(Named::Check(_)));
            let before = excluded.len();
            let asked = common(checks, &of).filter(|index| plans[*index].spec.is_in(probe) && in_a_group(index));
            excluded.extend(asked.take(MOST_EXCLUDED).map(|index| Excluded {
                index,
                name: plans[index].spec.name.clone(),
                with: (!is_check).then(|| name.clone().into_owned()),
            }));
            if excluded.len() == before {
                unmatched.push(name);
            }
        }
        excluded.sort_by_key(|excluded| excluded.index);
        excluded.dedup_by_key(|excluded| excluded.index);
        excluded.truncate(MOST_EXCLUDED);
        Some(Box::new(Scope {
            verbose: query.verbose,
            history,
            one,
            excluded,
            unmatched: unmatched
                .into_iter()
                .map(|name| text::clean(name).to_string())
                .collect(),
            ..self.whole_scope()
        }))
    }

    /// The check or nested struct with this name, if the probe has any check of it. The name may be percent-encoded.
    fn named(&self, probe: Probe, name: &str) -> Option<&Named> {
        let known = &self.engine.names;
        let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
        let named = known.named(&name)?;
        known.offers(probe, &[named.checks()]).then_some(named)
    }
}

/// The format that a request asks for. A name in the query counts before the header. `None`: there is no such format.
fn format(accept: Option<&str>, query: &Query<'_>) -> Option<Format> {
    match (&query.format, accept) {
        (Some(name), _) => Format::named(name),
        (None, _) if query.verbose => Some(Format::Text),
        (None, Some(accept)) => Some(Format::accepted(accept)),
        (None, None) => Some(Format::DEFAULT),
    }
}
