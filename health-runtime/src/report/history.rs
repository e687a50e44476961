//! [`History`]: the last results and changes of a check.

use std::time::{Duration, SystemTime};

use crate::outcome::{Reason, Status};

/// The history of a check. More fields may be added in the future.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct History {
    /// When the history begins. It does not reach back further than the first internal port or router of the service.
    pub begun: SystemTime,
    /// The share of the time since then in which the check passed, from 0 to 1.
    pub availability: f64,
    /// How often the check has begun to fail in the last hour, as far as `transitions` reach back.
    pub flaps: usize,
    /// The results of the last runs, at most 120, the oldest first.
    pub results: Vec<PastResult>,
    /// The last changes of the published state, at most 50, the oldest first.
    pub transitions: Vec<PastTransition>,
}

/// The result of one run, before thresholds are applied. More fields may be added in the future.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PastResult {
    /// When the run ended, accurate to a tenth of a second.
    pub at: SystemTime,
    /// How long the run took, accurate to one percent.
    pub latency: Duration,
    /// The status of the run.
    pub status: Status,
    /// The reason why the run was not simply healthy, or `None` if it was.
    pub reason: Option<Reason>,
}

/// A change of a check's published state. More fields may be added in the future.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PastTransition {
    /// When the state changed, accurate to a tenth of a second.
    pub at: SystemTime,
    /// The status before the change.
    pub from: Status,
    /// The reason before the change, or `None` if the check was simply healthy.
    pub from_reason: Option<Reason>,
    /// The status after the change.
    pub to: Status,
    /// The reason after the change, or `None` if the check was simply healthy.
    pub to_reason: Option<Reason>,
}
