//! What a test can do to the core: start runs, and set the state of a check.

use std::time::Duration;

use crate::engine::core::Core;
use crate::engine::core::breaker::BreakerState;
use crate::engine::core::slot::Finished;
use crate::engine::{RunResult, Time};

impl Core {
    /// Marks a run as started for every check that may run and is not forced. Returns these checks: the caller runs
    /// them itself.
    pub(crate) fn start_all(&mut self, now: Time) -> Vec<usize> {
        let starts = |index: &usize| !self.forced.contains_key(index) && self.may_start(*index, now);
        let starting: Vec<_> = (0..self.slots.len()).filter(starts).collect();
        for index in &starting {
            self.start(*index, now);
        }
        starting
    }

    /// Sets the result of the check. It stays until [`unforce`](Self::unforce), whatever the runs of the check return.
    pub(crate) fn force(&mut self, index: usize, result: RunResult, now: Time) {
        let (slot, plan) = (&mut self.slots[index], &self.plans[index]);
        slot.published.take(result.state, true, &plan.spec);
        slot.verified = slot.verified.max(result.state.passes().then_some(now));
        self.forced.insert(index, result.clone());
        let passes_first = slot.passes_first(result.state);
        slot.last = Some(Finished {
            at: now,
            took: Duration::ZERO,
            state: result.state,
            said: result.said.shared(),
        });
        self.has_result(index);
        self.tell(index, now);
        self.effects.changed = true;
        if passes_first {
            self.passed_first(index, now);
        }
    }

    /// Ends [`force`](Self::force): the runs of the check count again, and its breaker is closed. The forced result
    /// stays until the next run ends, and ages like the result of a run that has ended now.
    pub(crate) fn unforce(&mut self, index: usize, now: Time) {
        if self.forced.remove(&index).is_none() {
            return;
        }
        let slot = &mut self.slots[index];
        slot.breaker = BreakerState::new();
        slot.last = slot.last.take().filter(|_| !slot.disabled);
        if let Some(last) = &mut slot.last {
            last.at = now;
            slot.verified = slot.verified.max(last.state.passes().then_some(now));
        }
        self.tell(index, now);
        self.effects.changed = true;
    }
}
