//! [`Trigger`], a handle that lets a check ask to be run.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::kept::Kept;
pub(crate) use crate::kept::Owner;

/// A handle that lets a check ask to be run right away, instead of waiting for the next interval.
///
/// Checks receive their trigger through [`HealthCheck::attach`](crate::HealthCheck::attach).
#[derive(Clone)]
pub struct Trigger {
    target: Weak<dyn Target>,
    index: usize,
}

// A trigger only asks for a run, and the engine stays consistent when a caller panics.
impl UnwindSafe for Trigger {}
impl RefUnwindSafe for Trigger {}

/// What a trigger calls. The engine implements it, so that checks do not depend on the engine.
pub(crate) trait Target: Send + Sync {
    /// Asks for a run of this check.
    fn request_one(self: Arc<Self>, index: usize);

    /// For how long the process has not run since the engine started.
    fn lost(self: Arc<Self>) -> Duration;

    /// How much of its timeout the run of this check has left. `None` if no run is in flight.
    fn time_left(self: Arc<Self>, index: usize) -> Option<Duration>;

    /// The `max_age` of this check.
    fn max_age(&self, index: usize) -> Duration;

    /// What the checks keep between their runs.
    fn kept(&self) -> &Kept;
}

impl Trigger {
    pub(crate) fn new(target: Weak<dyn Target>, index: usize) -> Self {
        Self { target, index }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.target.strong_count() > 0
    }

    /// For how long the process has not run since the engine started. `None` once the engine has ended.
    pub(crate) fn lost(&self) -> Option<Duration> {
        Some(self.target.upgrade()?.lost())
    }

    /// How much of its timeout the run in flight has left. `None` if no run is in flight, or once the engine has ended.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.target.upgrade()?.time_left(self.index)
    }

    /// The `max_age` of the check. `None` once the engine has ended.
    pub(crate) fn max_age(&self) -> Option<Duration> {
        Some(self.target.upgrade()?.max_age(self.index))
    }

    /// What the check keeps for this owner. `None` once the engine has ended.
    pub(crate) fn kept<T: Default + Send + Sync + 'static>(&self, owner: Box<dyn Owner>) -> Option<Arc<T>> {
        Some(self.target.upgrade()?.kept().of(self.index, owner))
    }

    /// Asks for the check to be run, without waiting for the run itself. If a run is already in flight, another one
    /// starts when it has finished. This does nothing once the engine has shut down.
    ///
    /// A check is started at most once every 50 ms, no matter how often this method is called. A request that comes too
    /// early is not lost, but delayed until the 50 ms have passed.
    pub fn run(&self) {
        if let Some(target) = self.target.upgrade() {
            target.request_one(self.index);
        }
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trigger")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
