//! The run that the calling code is part of: how much time it has left, and what its check keeps between its runs.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

#[allow(unused_imports, reason = "only some features need it")]
pub(crate) use crate::trigger::Owner;
use crate::trigger::Trigger;

/// How long a check waits for one thing if it runs outside of an engine.
const PATIENCE: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// The trigger of the run in this task or thread.
    static RUN: Trigger;
}

/// Runs the future of a check. The functions of this file work inside it.
pub(crate) fn limited<F: Future>(run: Trigger, future: F) -> impl Future<Output = F::Output> {
    RUN.scope(run, future)
}

/// Like [`limited`], for a check that blocks its thread.
pub(crate) fn limited_blocking<R>(run: Trigger, call: impl FnOnce() -> R) -> R {
    RUN.sync_scope(run, call)
}

/// How much of its timeout the current run has left, in awake time. `None` outside of a run, and in a task that the run
/// has spawned.
fn time_left() -> Option<Duration> {
    let run = RUN.try_with(Trigger::clone).ok()?;
    Some(run.time_left().unwrap_or_default())
}

/// How long to wait for one thing. Less than all the time left, so that the run can report what it waited for.
pub(crate) fn patience() -> Duration {
    time_left().map_or(PATIENCE, |left| left * 3 / 4)
}

/// Waits for at most this long, with two timers of half the time. If a freeze of the process uses up the first timer,
/// the second one is left.
pub(crate) async fn within<F: Future>(patience: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..2 {
        if let Ok(output) = timeout(patience / 2, future.as_mut()).await {
            return Some(output);
        }
    }
    None
}

/// Like [`within`]. The error is the time in milliseconds.
#[allow(dead_code, reason = "only some features need it")]
pub(crate) async fn timed<F: Future>(patience: Duration, future: F) -> Result<F::Output, u128> {
    within(patience, future).await.ok_or(patience.as_millis())
}

/// The `max_age` of the check of the current run. `None` outside of a run.
#[allow(dead_code, reason = "only some features need it")]
pub(crate) fn max_age() -> Option<Duration> {
    RUN.try_with(Trigger::clone).ok()?.max_age()
}

/// A moment in the time in which the process could run. A process that was stopped does not get older.
#[allow(dead_code, reason = "only some features need it")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awake {
    at: Instant,
    /// For how long the process had not run until then.
    lost: Duration,
}

#[allow(dead_code, reason = "only some features need it")]
impl Awake {
    pub(crate) fn now() -> Self {
        let run = RUN.try_with(Trigger::clone).ok();
        Self {
            at: Instant::now(),
            lost: run.and_then(|run| run.lost()).unwrap_or_default(),
        }
    }

    pub(crate) fn elapsed(self) -> Duration {
        let now = Self::now();
        let lost = now.lost.saturating_sub(self.lost);
        now.at.saturating_duration_since(self.at).saturating_sub(lost)
    }
}

/// What the check of the current run keeps between its runs for this owner, such as a pool. It is empty at first.
/// Outside of a run, nothing is kept.
#[allow(dead_code, reason = "only some features need it")]
pub(crate) fn kept<T: Default + Send + Sync + 'static>(owner: Box<dyn Owner>) -> Arc<T> {
    let run = RUN.try_with(Trigger::clone).ok();
    run.and_then(|run| run.kept(owner)).unwrap_or_default()
}
