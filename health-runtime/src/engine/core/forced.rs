//! What a test does to the core: it starts the runs, and says how a check is.

use std::time::Duration;

use crate::engine::core::Core;
use crate::engine::core::breaker::Circuit;
use crate::engine::core::slot::Finished;
use crate::engine::{RunResult, Time};

impl Core {
    /// Starts a run of every check that may run, and returns which: whoever asks carries them out himself.
    pub(crate) fn start_all(&mut self, now: Time) -> Vec<usize> {
        let starts = |index: &usize| !self.forced.contains_key(index) && self.may_start(*index, now);
        let starting: Vec<_> = (0..self.slots.len()).filter(starts).collect();
        for index in &starting {
            self.start(*index, now);
        }
        starting
    }

    /// From now on the check is what this says, whatever else is known of it.
    pub(crate) fn force(&mut self, index: usize, result: RunResult, now: Time) {
        let (slot, plan) = (&mut self.slots[index], &self.plans[index]);
        slot.published.take(result.state, true, &plan.spec);
        slot.verified = slot.verified.max(result.state.passes().then_some(now));
        self.forced.insert(index, result.clone());
        let passes_first = slot.passes_first(result.state);
        slot.last = Some(Finished {
            at: now,
            took: Duration::ZERO,
            result,
        });
        self.has_result(index);
        self.tell(index, now);
        self.effects.changed = true;
        if passes_first {
            self.passed_first(index, now);
        }
    }

    /// From now on its runs count again, and what it was forced to ages, as if a run with its breaker closed had said it.
    pub(crate) fn unforce(&mut self, index: usize, now: Time) {
        if self.forced.remove(&index).is_none() {
            return;
        }
        let slot = &mut self.slots[index];
        slot.circuit = Circuit::new();
        slot.last = slot.last.take().filter(|_| !slot.disabled);
        if let Some(last) = &mut slot.last {
            last.at = now;
            slot.verified = slot.verified.max(last.result.state.passes().then_some(now));
        }
        self.tell(index, now);
        self.effects.changed = true;
    }
}
