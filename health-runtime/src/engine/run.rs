//! One run of one check: a task that ends, whatever the check does, with its result posted to the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use futures_util::FutureExt;
use tokio::task::AbortHandle;

use super::{Engine, Runner, State};
use crate::outcome::{BoxError, CheckResult, Reason, Status};
use crate::text;

/// What a run found out: what is kept of it.
#[derive(Clone, Debug)]
pub(crate) struct RunResult {
    pub(crate) state: State,
    /// Bounded, masked.
    pub(crate) message: Option<Arc<str>>,
}

impl RunResult {
    fn failed(reason: Reason, message: Option<Arc<str>>) -> Self {
        let state = State::unhealthy(reason);
        Self { state, message }
    }
}

/// Starts the run on the runtime that built the `Health`, where the state's drivers live.
pub(super) fn spawn(engine: &Arc<Engine>, index: usize) -> AbortHandle {
    let post = Post {
        engine: Arc::downgrade(engine),
        index,
        result: None,
    };
    let runner = Arc::clone(&engine.runner);
    engine.runtime.spawn(run(runner, post)).abort_handle()
}

async fn run(runner: Arc<dyn Runner>, mut post: Post) {
    let attempt = AssertUnwindSafe(attempt(&*runner, &post)).catch_unwind();
    post.result = Some(match attempt.await {
        Ok(result) => result,
        Err(panic) => panicked(panic),
    });
}

/// Calls the check and holds it to its timeout.
async fn attempt(runner: &dyn Runner, post: &Post) -> RunResult {
    // A plain function does its work in the call: it belongs inside the task.
    let call = async { runner.call(post.index).await };
    let mut call = std::pin::pin!(AssertUnwindSafe(call).catch_unwind());
    while let Some(left) = post.time_left() {
        match tokio::time::timeout(left, &mut call).await {
            Ok(Ok(result)) => return judged(result),
            Ok(Err(panic)) => return panicked(panic),
            Err(_elapsed) => {} // but perhaps the process was frozen: ask for how long it could run
        }
    }
    RunResult::failed(Reason::Timeout, post.timeout())
}

fn judged(result: CheckResult) -> RunResult {
    match result {
        Ok(outcome) => RunResult {
            state: State {
                status: outcome.status(),
                reason: outcome.reason(),
            },
            message: outcome.message().map(text::clean),
        },
        Err(error) => RunResult::failed(Reason::Error, Some(describe(error))),
    }
}

/// The text of a user's error, whose `Display` and `Drop` may panic.
fn describe(error: BoxError) -> Arc<str> {
    let text = catch_unwind(AssertUnwindSafe(|| text::of_error(&*error)));
    let text = text.unwrap_or_else(|panic| {
        discard(panic);
        "an error whose `Display` panics".into()
    });
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(error))) {
        discard(panic);
    }
    text
}

fn panicked(panic: Box<dyn Any + Send>) -> RunResult {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .map(text::clean);
    discard(panic);
    RunResult::failed(Reason::Panic, message)
}

/// Drops a panic's payload, whose `Drop` may panic too. What that panic carries is leaked: there has to be an end.
fn discard(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}

/// Posts the run's result when dropped, so that completion, timeout, abort and a runtime that is gone all free the
/// check for its next run.
struct Post {
    engine: Weak<Engine>,
    index: usize,
    result: Option<RunResult>,
}

impl Post {
    fn time_left(&self) -> Option<std::time::Duration> {
        let engine = self.engine.upgrade()?;
        engine.with(|core, now| core.time_left(self.index, now))
    }

    /// What the log says of a timeout.
    fn timeout(&self) -> Option<Arc<str>> {
        let engine = self.engine.upgrade()?;
        Some(format!("aborted after {:?}", engine.plans[self.index].timeout).into())
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let Some(engine) = self.engine.upgrade() else { return };
        let cancelled = || RunResult::failed(Reason::Cancelled, None);
        let result = self.result.take().unwrap_or_else(cancelled);
        engine.with(|core, now| core.finished(self.index, result, now));
    }
}

impl State {
    /// Whether a probe passes with it.
    pub(crate) fn passes(self) -> bool {
        self.status != Status::Unhealthy
    }
}
