//! [`Waiting`]: what a service waits for.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What a service waits for. More fields may be added in the future.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The names of the startup tasks that are not done yet. In a public report, the names are empty.
    pub startup_tasks: Vec<Arc<str>>,
    /// The names of the startup checks that have not passed yet, at most ten.
    pub startup_checks: Vec<Cow<'static, str>>,
    /// The holds on readiness. In a public report, their reasons are empty.
    pub holds: Vec<HoldReport>,
    /// What else the start waits for.
    pub obstacle: Option<StartObstacle>,
    /// While the service drains: the time until its servers stop. It is zero once the drain is over.
    pub drain_left: Option<Duration>,
}

/// A hold on readiness, made with [`Health::hold`](crate::Health::hold). More fields may be added in the future.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HoldReport {
    /// The reason that was given for the hold.
    pub reason: Arc<str>,
    /// The time until the hold ends by itself, or `None` if it does not.
    pub ends_in: Option<Duration>,
}

/// What the start of a service waits for, besides startup tasks and startup checks. More variants may be added in the
/// future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartObstacle {
    /// A startup task was dropped without [`done`](crate::StartupTask::done), so the service never starts.
    TaskDropped,
    /// The service has `manual_start`, and [`Health::mark_started`](crate::Health::mark_started) has not been called.
    MarkStarted,
    /// The service has no probes yet.
    Probes,
    /// No server of the application is running yet.
    Server,
}

impl Waiting {
    /// Removes the names, which are free texts.
    pub(super) fn forget_names(&mut self) {
        for name in &mut self.startup_tasks {
            *name = "".into();
        }
        for hold in &mut self.holds {
            hold.reason = "".into();
        }
    }
}
