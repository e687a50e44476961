//! [`StateRunner`]: the state of the application, with the checks that look at it.

use crate::engine::Runner;
use crate::outcome::CheckFuture;
use crate::state::{HealthState, StateCheck};
use crate::trigger::Trigger;

/// The state and its checks. The engine sees only this.
pub(super) struct StateRunner<S> {
    pub(super) state: S,
    pub(super) checks: Vec<Box<dyn StateCheck<S>>>,
}

impl<S: HealthState> Runner for StateRunner<S> {
    fn call(&self, index: usize) -> CheckFuture<'_> {
        self.checks[index].call(&self.state)
    }

    fn is_disabled(&self, index: usize) -> bool {
        self.checks[index].is_disabled(&self.state)
    }

    fn asks_probe(&self, index: usize) -> bool {
        self.checks[index].asks_probe(&self.state)
    }

    fn attach(&self, index: usize, trigger: Trigger) {
        self.checks[index].attach(&self.state, trigger);
    }
}
