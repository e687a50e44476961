//! How long the run in flight may still take. With it, a check can stop waiting before its timeout, and report what it
//! waited for.

use std::time::Duration;

use crate::trigger::Trigger;

tokio::task_local! {
    /// Asks about the run that this task or thread does.
    static RUN: Trigger;
}

/// Runs a check's future, inside which [`time_left`] works.
pub(crate) fn limited<F: Future>(run: Trigger, future: F) -> impl Future<Output = F::Output> {
    RUN.scope(run, future)
}

/// As [`limited`], for a check that blocks the thread it runs on.
pub(crate) fn limited_blocking<R>(run: Trigger, call: impl FnOnce() -> R) -> R {
    RUN.sync_scope(run, call)
}

/// How much of its timeout the calling run has left, in awake time. `None` outside of a run, and in a task that the run has
/// spawned.
#[cfg_attr(not(feature = "sqlx-0_9-sqlite"), expect(dead_code, reason = "only drivers wait"))]
pub(crate) fn time_left() -> Option<Duration> {
    let run = RUN.try_with(Trigger::clone).ok()?;
    Some(run.time_left().unwrap_or_default())
}
