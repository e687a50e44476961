//! Finds checks by name: one check, the checks of a nest, or the checks of a group. The tables are built once, when the
//! engine starts. So the cost of a request does not depend on the number of checks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::engine::Plan;
use crate::spec::{Nest, Probe};

/// What the name of a check or a nest refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Check(usize),
    /// The checks of a nest.
    Nest(Range<usize>),
}

impl Named {
    pub(crate) fn checks(&self) -> Range<usize> {
        match self {
            Self::Check(index) => *index..index + 1,
            Self::Nest(checks) => checks.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Names {
    named: HashMap<Cow<'static, str>, Named>,
    /// The checks of each group: ordered ranges that do not touch.
    groups: HashMap<Cow<'static, str>, Vec<Range<usize>>>,
    /// The probes that each check is in, as bits.
    probes: Box<[u8]>,
    /// The checks that ask a probe of another service.
    asking: Box<[usize]>,
}

impl Names {
    /// Names are unique here, see [`spec::unique`](fn@crate::spec::unique).
    pub(crate) fn new(plans: &[Plan], nests: Vec<Nest>, asking: Box<[usize]>) -> Self {
        let checks = plans.iter().enumerate();
        let checks = checks.map(|(index, plan)| (plan.spec.name.clone(), Named::Check(index)));
        let nests = nests
            .into_iter()
            .map(|nest| (Cow::Owned(nest.name), Named::Nest(nest.checks)));
        let mut groups = HashMap::<_, Vec<Range<usize>>>::new();
        for (index, plan) in plans.iter().enumerate() {
            for group in &plan.spec.texts().groups {
                let ranges = groups.entry(group.clone()).or_default();
                match ranges.last_mut().filter(|last| last.end >= index) {
                    Some(last) => last.end = index + 1,
                    None => ranges.push(index..index + 1),
                }
            }
        }
        Self {
            named: checks.chain(nests).collect(),
            groups,
            probes: plans.iter().map(Plan::probes).collect(),
            asking,
        }
    }

    /// The checks that ask a probe of another service.
    pub(crate) fn asking(&self) -> impl Iterator<Item = Range<usize>> {
        self.asking.iter().map(|index| *index..index + 1)
    }

    /// The names of all checks, nests and groups. A group may have the same name as a check or a nest.
    #[cfg(feature = "tonic-0_14")]
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.named.keys().chain(self.groups.keys()).map(|name| &**name)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Named> {
        self.named.get(name)
    }

    /// The checks of the group; empty if no check declares it.
    pub(crate) fn group(&self, name: &str) -> &[Range<usize>] {
        self.groups.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether any of these checks is in the probe.
    pub(crate) fn offers(&self, probe: Probe, ranges: &[Range<usize>]) -> bool {
        let len = self.probes.len();
        let mut checks = ranges
            .iter()
            .flat_map(|range| &self.probes[super::selection::clamped(range, len)]);
        checks.any(|probes| probes & probe.bit() != 0)
    }
}
