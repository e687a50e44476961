//! The time that a run may still take. With it, a check can stop waiting before its timeout, and report what it waited
//! for.

use std::time::Duration;

use crate::trigger::Trigger;

tokio::task_local! {
    /// The trigger of the run in this task or thread.
    static RUN: Trigger;
}

/// Runs the future of a check. [`time_left`] works inside it.
pub(crate) fn limited<F: Future>(run: Trigger, future: F) -> impl Future<Output = F::Output> {
    RUN.scope(run, future)
}

/// Like [`limited`], for a check that blocks its thread.
pub(crate) fn limited_blocking<R>(run: Trigger, call: impl FnOnce() -> R) -> R {
    RUN.sync_scope(run, call)
}

/// How much of its timeout the current run has left, in awake time. `None` outside of a run, and in a task that the run
/// has spawned.
pub(crate) fn time_left() -> Option<Duration> {
    let run = RUN.try_with(Trigger::clone).ok()?;
    Some(run.time_left().unwrap_or_default())
}
