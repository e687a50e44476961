//! What the runs of a check say, through its thresholds.

use crate::engine::State;
use crate::spec::CheckSpec;

/// Counts finished runs, once each, and holds back only what crosses the edge between passing and failing.
#[derive(Debug, Default)]
pub(super) struct Published {
    state: Option<State>,
    /// How many runs in a row stand on the other side of the edge.
    against: u32,
    passed: bool,
}

impl Published {
    pub(super) fn state(&self) -> Option<State> {
        self.state
    }

    /// Whether it was ever published that it passes.
    pub(super) fn has_passed(&self) -> bool {
        self.passed
    }

    /// Takes what a run said. `first`: nothing that runs said counts any more, so this is published at once.
    pub(super) fn take(&mut self, run: State, first: bool, spec: &CheckSpec) {
        let crosses = !first && self.state.is_some_and(|state| state.passes() != run.passes());
        self.against = if crosses { self.against + 1 } else { 0 };
        let threshold = if run.passes() {
            spec.success_threshold
        } else {
            spec.failure_threshold
        };
        if !crosses || self.against >= threshold {
            self.against = 0;
            self.state = Some(run);
            self.passed |= run.passes();
        }
    }
}
