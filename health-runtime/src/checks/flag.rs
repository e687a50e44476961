//! [`Flag`]: a check that the application sets by hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};
use crate::trigger::Trigger;

/// A check whose status is set by the application. This is useful, for example, for a feature that has lost its
/// licence, a consumer that has been paused, or a worker that cannot continue.
///
/// All clones of a flag share the same status. When the flag changes, the check runs right away instead of at the next
/// interval, and probes report the change once that run has finished. A flag can be used in the liveness probe.
///
/// ```
/// use health_runtime::{Flag, HealthState};
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// The consumer of the orders queue.
///     #[health_check(liveness)]
///     consumer: Flag,
/// }
///
/// let state = AppState { consumer: Flag::healthy() };
/// state.consumer.set_unhealthy("poisoned message at offset 17");
/// state.consumer.set_healthy();
/// ```
#[derive(Clone, Debug)]
pub struct Flag {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    outcome: Outcome,
    triggers: Vec<Trigger>,
}

impl Flag {
    /// Creates a flag that is unhealthy until it is set, because its real status is not known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Outcome::unhealthy("not set yet"))
    }

    /// Creates a flag that is healthy until it is set to another status.
    #[must_use]
    pub fn healthy() -> Self {
        Self::of(Outcome::healthy())
    }

    fn of(outcome: Outcome) -> Self {
        let triggers = Vec::new();
        let shared = Arc::new(Mutex::new(Shared { outcome, triggers }));
        Self { shared }
    }

    /// Returns the flag's current outcome.
    pub fn outcome(&self) -> Outcome {
        self.lock().outcome.clone()
    }

    /// Sets the flag to healthy.
    pub fn set_healthy(&self) {
        self.set(Outcome::healthy());
    }

    /// Sets the flag to degraded, which means that the component works, but not as well as it should. The message is
    /// meant for the log, and public responses only include it with `public = "details"`.
    pub fn set_degraded(&self, message: impl Into<String>) {
        self.set(Outcome::degraded(message));
    }

    /// Sets the flag to unhealthy, which means that the component does not work. The message is meant for the log, and
    /// public responses only include it with `public = "details"`.
    pub fn set_unhealthy(&self, message: impl Into<String>) {
        self.set(Outcome::unhealthy(message));
    }

    fn set(&self, outcome: Outcome) {
        let mut shared = self.lock();
        if shared.outcome == outcome {
            return;
        }
        shared.outcome = outcome;
        // Release the lock first: a trigger may wake user code, and that code may use this flag.
        let triggers = shared.triggers.clone();
        drop(shared);
        for trigger in triggers {
            trigger.run();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Flag {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthCheck for Flag {
    async fn check(&self) -> CheckResult {
        Ok(self.outcome())
    }

    fn attach(&self, trigger: Trigger) {
        let mut shared = self.lock();
        shared.triggers.retain(Trigger::is_alive);
        shared.triggers.push(trigger);
    }
}

impl InProcess for Flag {}
