//! [`Trigger`], with which a check that is told of a change asks for a run.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Engine;

/// Asks for a run of one check at once, instead of at the next interval.
///
/// A check receives its own from [`HealthCheck::attach`](crate::HealthCheck::attach).
#[derive(Clone, Debug)]
pub struct Trigger {
    engine: Weak<Engine>,
    index: usize,
}

impl Trigger {
    pub(crate) fn new(engine: &Arc<Engine>, index: usize) -> Self {
        let engine = Arc::downgrade(engine);
        Self { engine, index }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.engine.strong_count() > 0
    }

    /// For how long the process has not run since the engine began; `None` once that has ended.
    pub(crate) fn lost(&self) -> Option<Duration> {
        let engine = self.engine.upgrade()?;
        Some(engine.with(|core, now| core.awake.lost(now)))
    }

    /// Starts a run, or has one follow the run that is in flight. Does not wait for it; does nothing once the engine
    /// has ended.
    ///
    /// A check starts at most once every 50 ms, however often a run is asked for; an earlier request waits until then.
    pub fn run(&self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.request(self.index..self.index + 1);
        }
    }
}
