//! The published state of a check: the results of its runs, filtered by its thresholds.

use crate::engine::State;
use crate::spec::CheckSpec;

/// Counts each finished run once. Holds back only results that change the check from passing to failing, or back.
#[derive(Debug, Default)]
pub(super) struct Published {
    state: Option<State>,
    /// How many runs in a row contradict the published state: they fail while it passes, or pass while it fails.
    against: u32,
    passed: bool,
}

impl Published {
    pub(super) fn state(&self) -> Option<State> {
        self.state
    }

    /// Whether a passing state has ever been published.
    pub(super) fn has_passed(&self) -> bool {
        self.passed
    }

    /// Takes the result of a run. If `first` is true, earlier results no longer count, and this one is published at
    /// once.
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
