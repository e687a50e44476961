//! One run of one check: a task that ends, whatever the check does, with its result posted to the engine.

mod blocking;

use std::any::Any;
use std::future::poll_fn;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::future::{FutureExt, OptionFuture};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Unconstrained, unconstrained};
use tokio::time::Sleep;

use crate::engine::runner::SharedRunner;
use crate::engine::{Core, Engine, Runner, State};
use crate::outcome::{CheckResult, PartList, Reason, Status};
use crate::panics;
use crate::text;
use crate::time_left::limited;
use crate::trigger::{Target, Trigger};

/// What a run found out: what is kept of it.
#[derive(Clone, Debug)]
pub(crate) struct RunResult {
    pub(crate) state: State,
    /// Bounded, masked.
    pub(crate) message: Option<Arc<str>>,
    pub(crate) parts: Option<Arc<PartList>>,
}

impl RunResult {
    /// A success that took too long.
    pub(in crate::engine) fn turn_slow(&mut self, took: Duration) {
        self.state = State {
            status: Status::Degraded,
            reason: Some(Reason::Slow),
        };
        let millis = took.as_millis();
        self.message.get_or_insert_with(|| format!("took {millis} ms").into());
    }

    fn failed(reason: Reason, message: Option<Arc<str>>) -> Self {
        let state = State::unhealthy(reason);
        Self {
            state,
            message,
            parts: None,
        }
    }
}

/// Where a run takes place.
pub(in crate::engine) enum Spawned {
    Task(AbortHandle),
    /// Nothing can abort it.
    Thread,
    /// There is no thread for it.
    Nothing(RunResult, io::Error),
    /// The engine has dropped the state: no check runs any more.
    Ended,
}

/// Starts the run on the runtime that built the `Health`, where the state's drivers live; of a `blocking` check, on a
/// thread of its own.
pub(in crate::engine) fn spawn(engine: &Arc<Engine>, runtime: &Handle, index: usize) -> Spawned {
    let Some(runner) = engine.runner.get() else {
        return Spawned::Ended;
    };
    let post = Post::new(engine, index);
    if engine.plans[index].spec.blocking {
        return blocking::spawn(engine, runtime, runner, post);
    }
    Spawned::Task(runtime.spawn(run(runner, post)).abort_handle())
}

/// The run, for the caller's own task; a `blocking` check blocks it.
#[cfg(feature = "testing")]
pub(in crate::engine) fn inline(engine: &Arc<Engine>, index: usize) -> impl Future<Output = ()> + Send + use<> {
    let (runner, post) = (engine.runner.get(), Post::new(engine, index));
    async move {
        if let Some(runner) = runner {
            run(runner, post).await;
        }
    }
}

/// Has the runtime show that it still runs what it is given.
pub(in crate::engine) fn spawn_beat(engine: &Arc<Engine>, runtime: &Handle) {
    let watched = Arc::downgrade(engine);
    drop(runtime.spawn(async move {
        if let Some(engine) = watched.upgrade() {
            engine.with(Core::beat);
        }
    }));
}

async fn run(runner: SharedRunner, post: Post) {
    let attempt = AssertUnwindSafe(attempt(&**runner, &post)).catch_unwind();
    let result = attempt.await.unwrap_or_else(panicked);
    post.finish(result);
}

/// Waits for the future until the timer says that it has been long enough, and no longer than the engine lives; without
/// a timer for as long as it takes.
async fn within<F: Future + Unpin>(
    post: &Post,
    mut timer: Pin<&mut OptionFuture<Unconstrained<Sleep>>>,
    mut future: F,
) -> Option<F::Output> {
    poll_fn(|context| {
        if let Poll::Ready(output) = future.poll_unpin(context) {
            return Poll::Ready(Some(output));
        }
        if post.engine.strong_count() == 0 {
            return Poll::Ready(None); // the pacemaker's timers end with it, and panic when they are asked then
        }
        match timer.as_mut().poll(context) {
            Poll::Ready(Some(())) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    })
    .await
}

/// Calls the check and holds it to its timeout.
async fn attempt(runner: &dyn Runner, post: &Post) -> RunResult {
    let Some(timeout) = post.begin() else {
        return RunResult::failed(Reason::Cancelled, None);
    };
    // A plain function does its work in the call: it belongs inside the task.
    let call = limited(post.trigger(), async { runner.call(post.index).await });
    let mut call = pin!(AssertUnwindSafe(call).catch_unwind());
    // With its result: whether the poll that brought it took the whole timeout, since it blocked its thread. A result
    // that only waited for its poll is not late.
    let mut call = poll_fn(|context| {
        let began = Instant::now();
        let polled = call.as_mut().poll(context);
        polled.map(|result| (result, began.elapsed() >= timeout))
    });
    while let Some((left, engine)) = post.time_left() {
        let timer = {
            let _timers = engine.timers();
            // Outside of the task's budget. A check that never waits uses that up, and then the timer would never fire.
            Handle::try_current()
                .is_ok()
                .then(|| unconstrained(tokio::time::sleep(left)))
        };
        let timer = pin!(OptionFuture::from(timer));
        drop(engine);
        match within(post, timer, &mut call).await {
            Some((Ok(_), true)) if post.is_late() => break, // unless the process was frozen meanwhile
            Some((Ok(result), _)) => return judged(result),
            Some((Err(panic), _)) => return panicked(panic),
            None => {} // but perhaps the process was frozen: ask for how long it could run
        }
    }
    RunResult::failed(Reason::Timeout, Some(format!("aborted after {timeout:?}").into()))
}

pub(in crate::engine) fn judged(result: CheckResult) -> RunResult {
    match result {
        Ok(outcome) => RunResult {
            state: State {
                status: outcome.status(),
                reason: outcome.reason(),
            },
            message: outcome.message().map(text::clean),
            parts: outcome.part_list().cloned().map(Arc::new),
        },
        Err(error) => RunResult::failed(Reason::Error, Some(panics::describe(error))),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> RunResult {
    RunResult::failed(Reason::Panic, panics::words(panic))
}

/// Posts the run's result when dropped, so that completion, timeout, abort and a runtime that is gone all free the
/// check for its next run.
struct Post {
    engine: Weak<Engine>,
    index: usize,
    result: Option<RunResult>,
}

impl Post {
    fn new(engine: &Arc<Engine>, index: usize) -> Self {
        Self {
            engine: Arc::downgrade(engine),
            index,
            result: None,
        }
    }

    /// Begins the run, and says what its timeout is; `None` if the engine has ended.
    fn begin(&self) -> Option<Duration> {
        let engine = self.engine.upgrade()?;
        engine.with(|core, now| core.began(self.index, now));
        Some(engine.plans[self.index].timeout)
    }

    /// What is left of the timeout, and the engine that has the timers for it.
    /// Asks about this run.
    fn trigger(&self) -> Trigger {
        Trigger::new(Weak::clone(&self.engine) as Weak<dyn Target>, self.index)
    }

    fn time_left(&self) -> Option<(Duration, Arc<Engine>)> {
        let engine = self.engine.upgrade()?;
        let left = engine.with(|core, now| core.time_left(self.index, now))?;
        Some((left, engine))
    }

    /// Whether a run that blocked its thread for its whole timeout is too late: not if the process was frozen meanwhile.
    /// In a test nothing freezes, and the clock stands still while a run blocks.
    fn is_late(&self) -> bool {
        self.time_left().is_none_or(|(_, engine)| engine.handles.is_none())
    }

    fn finish(mut self, result: RunResult) {
        self.result = Some(result);
    }

    /// Posts nothing: whoever calls this does what follows.
    fn cancel(mut self) -> RunResult {
        self.engine = Weak::new();
        RunResult::failed(Reason::Cancelled, None)
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
