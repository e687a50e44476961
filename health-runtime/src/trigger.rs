//! [`Trigger`], with which a check that is told of a change asks for a run.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Asks for a run of one check at once, instead of at the next interval.
///
/// A check receives its own from [`HealthCheck::attach`](crate::HealthCheck::attach).
#[derive(Clone)]
pub struct Trigger {
    target: Weak<dyn Target>,
    index: usize,
}

/// What a trigger asks: the engine, which the checks do not know.
pub(crate) trait Target: Send + Sync {
    /// Asks for a run of this check.
    fn request_one(self: Arc<Self>, index: usize);

    /// For how long the process has not run since the engine began.
    fn lost(self: Arc<Self>) -> Duration;

    /// How much of its timeout the run of this check has left; `None` if none is in flight.
    fn time_left(self: Arc<Self>, index: usize) -> Option<Duration>;
}

impl Trigger {
    pub(crate) fn new(target: Weak<dyn Target>, index: usize) -> Self {
        Self { target, index }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.target.strong_count() > 0
    }

    /// For how long the process has not run since the engine began; `None` once that has ended.
    pub(crate) fn lost(&self) -> Option<Duration> {
        Some(self.target.upgrade()?.lost())
    }

    /// How much of its timeout the run in flight has left; `None` without one, or once the engine has ended.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.target.upgrade()?.time_left(self.index)
    }

    /// Starts a run, or has one follow the run that is in flight. Does not wait for it. Does nothing once the engine has
    /// ended.
    ///
    /// A check starts at most once every 50 ms, however often a run is asked for. An earlier request waits until then.
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
