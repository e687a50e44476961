//! Which failing check causes the failure of another one, by the declared dependencies.
//!
//! The cause is the root of an outage: a failing check that depends on no other failing check. So all checks that fail
//! because of one outage have the same cause, also over several steps, and also if a check between them passes.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::core::Core;
use crate::engine::core::plan::Plan;
use crate::engine::{State, Time};

/// The checks in an order in which each one comes after those that it depends on.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    /// Empty if no check depends on another one.
    order: Box<[usize]>,
    /// The place of each check in `order`.
    places: Box<[usize]>,
}

impl Dependencies {
    /// A circle is refused at the start. If there were one, its checks would have no place, and so no cause.
    pub(super) fn new(plans: &[Plan]) -> Self {
        if plans.iter().all(|plan| plan.depends_on.is_empty()) {
            return Self::default();
        }
        let mut missing: Vec<_> = plans.iter().map(|plan| plan.depends_on.len()).collect();
        let mut dependents = vec![Vec::new(); plans.len()];
        for (index, plan) in plans.iter().enumerate() {
            for dependency in &plan.depends_on {
                dependents[*dependency].push(index);
            }
        }
        let mut order: Vec<_> = (0..plans.len()).filter(|index| missing[*index] == 0).collect();
        let mut next = 0;
        while let Some(index) = order.get(next).copied() {
            next += 1;
            for dependent in &dependents[index] {
                missing[*dependent] -= 1;
                if missing[*dependent] == 0 {
                    order.push(*dependent);
                }
            }
        }
        let mut places = vec![usize::MAX; plans.len()];
        for (place, index) in order.iter().enumerate() {
            places[*index] = place;
        }
        Self {
            order: order.into(),
            places: places.into(),
        }
    }
}

impl Core {
    /// The cause of each check's failure, from the states that were told last. `None` if no check has a cause.
    pub(super) fn causes(&self) -> Option<Box<[Option<usize>]>> {
        let order = &self.dependencies.order;
        let fails = |index: usize| self.slots[index].told.fails();
        if order.is_empty() || !self.slots.iter().any(|slot| slot.told.fails()) {
            return None;
        }
        let mut causes = vec![None; self.slots.len()];
        let mut roots = vec![None; self.slots.len()];
        for index in order.iter().copied() {
            let above = self.root_above(index, |dependency| roots[dependency]);
            causes[index] = above.filter(|_| fails(index));
            roots[index] = above.or_else(|| fails(index).then_some(index));
        }
        Some(causes.into())
    }

    /// The cause of this check's failure now. Looks only at the checks that it depends on.
    pub(super) fn cause(&self, index: usize, now: Time) -> Option<usize> {
        if self.plans[index].depends_on.is_empty() || !self.state(index, now).fails() {
            return None;
        }
        let Dependencies { order, places } = &self.dependencies;
        let (mut above, mut open) = (BTreeSet::new(), vec![index]);
        while let Some(index) = open.pop() {
            for dependency in &self.plans[index].depends_on {
                if places[*dependency] != usize::MAX && above.insert(places[*dependency]) {
                    open.push(*dependency);
                }
            }
        }
        let mut roots = BTreeMap::new();
        for index in above.into_iter().map(|place| order[place]) {
            let root = self.root_above(index, |dependency| roots.get(&dependency).copied());
            if let Some(root) = root.or_else(|| self.state(index, now).fails().then_some(index)) {
                roots.insert(index, root);
            }
        }
        self.root_above(index, |dependency| roots.get(&dependency).copied())
    }

    /// The first root among those of the checks that this one depends on directly.
    fn root_above(&self, index: usize, root: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        self.plans[index]
            .depends_on
            .iter()
            .filter_map(|dependency| root(*dependency))
            .min()
    }
}

impl State {
    /// Whether there is a failure that may have a cause, or be one. A missing first result is none, and a stalled
    /// runtime is no failure of a check. A failure that `fail_open` lowers is still a failure.
    fn fails(self) -> bool {
        use crate::outcome::{Reason, Status};
        match (self.status, self.reason) {
            (Status::Healthy, _) | (_, Some(Reason::Pending | Reason::Stalled)) => false,
            (Status::Unhealthy, _) => true,
            // A check that returns `degraded` has the reason `reported` too.
            (Status::Degraded, reason) => {
                reason.is_some_and(|reason| reason.is_waivable() && reason != Reason::Reported)
            }
        }
    }
}
