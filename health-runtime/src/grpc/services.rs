//! What a service name stands for.

use std::iter;
use std::ops::Range;

use crate::engine::{Named, Selection, WHOLE};
use crate::grpc::GrpcHealth;
use crate::spec::Probe;

/// The probes that are services under their own names.
const PROBES: [Probe; 3] = [Probe::Readiness, Probe::Liveness, Probe::Startup];

/// A probe, or some of its checks.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) probe: Probe,
    /// `None`: all checks of the probe.
    pub(super) selection: Option<Selection>,
}

impl Subject {
    fn whole(probe: Probe) -> Self {
        let selection = None;
        Self { probe, selection }
    }

    /// The same without these checks. A check that was asked for by its name stays.
    pub(super) fn without(self, excluded: Vec<Range<usize>>) -> Self {
        let included = match &self.selection {
            Some(Selection { one: Some(_), .. }) => return self,
            Some(selection) => selection.ranges(),
            None => WHOLE,
        };
        let selection = Some(Selection::part(included.to_vec(), excluded));
        Self { selection, ..self }
    }

    /// Checks in any probe, so their state is that of the probe that shows everything.
    fn of(selection: Selection) -> Self {
        Self {
            probe: Probe::Health,
            selection: Some(selection),
        }
    }
}

impl GrpcHealth {
    /// What the name stands for; `None` if there is no such service. Names are unique among checks and nested structs,
    /// but a group or a probe may have the same name.
    pub(super) fn subject(&self, name: &str) -> Option<Subject> {
        if name.is_empty() {
            return Some(Subject::whole(Probe::Readiness));
        }
        if let Some(probe) = PROBES.into_iter().find(|probe| probe.as_str() == name) {
            return Some(Subject::whole(probe));
        }
        if self.aliases.iter().any(|alias| **alias == *name) {
            return Some(Subject::whole(Probe::Readiness));
        }
        let known = &self.engine.names;
        let part = |checks| Some(Subject::of(Selection::part(checks, Vec::new())));
        match known.named(name) {
            Some(Named::Check(index)) => return Some(Subject::of(Selection::one(*index))),
            // A nested struct without checks would pass, so there is no such service.
            Some(Named::Nest(checks)) if !checks.is_empty() => return part(vec![checks.clone()]),
            _ => {}
        }
        let group = known.group(name);
        if group.is_empty() { None } else { part(group.to_vec()) }
    }

    /// The names of all services, each once.
    pub(super) fn services(&self) -> Vec<&str> {
        let probes = PROBES.iter().map(|probe| probe.as_str());
        let aliases = self.aliases.iter().map(|alias| &**alias);
        let mut names: Vec<_> = iter::once("")
            .chain(probes)
            .chain(aliases)
            .chain(self.engine.names.all())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
