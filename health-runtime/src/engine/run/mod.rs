//! One run of one check, in a task or, if the check is `blocking`, on a thread. However the run ends, the engine gets a
//! result.

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

use crate::current_run::limited;
use crate::engine::runner::SharedRunner;
use crate::engine::{Core, Engine, Runner, Said, State};
use crate::outcome::{Access, CheckResult, Reason, Status};
use crate::panics;
use crate::text;
use crate::trigger::{Target, Trigger};

/// The result of a run, as the engine keeps it.
#[derive(Clone, Debug)]
pub(crate) struct RunResult {
    pub(crate) state: State,
    pub(crate) said: Said,
    /// Which stores take writes. Empty once the core has taken it in.
    pub(crate) access: Vec<Access>,
    /// The core does not lower the state if it is `exhausted`.
    pub(crate) for_good: bool,
}

impl RunResult {
    pub(crate) fn new(state: State, message: Option<Arc<str>>) -> Self {
        Self {
            state,
            said: Said {
                message,
                ..Said::default()
            },
            access: Vec::new(),
            for_good: false,
        }
    }

    /// Turns a success that took too long into a degraded result (`slow`).
    pub(in crate::engine) fn turn_slow(&mut self, took: Duration) {
        self.state = State {
            status: Status::Degraded,
            reason: Some(Reason::Slow),
        };
        let millis = took.as_millis();
        let message = match &self.said.message {
            Some(message) => text::clean(&format!("took {millis} ms; {message}")),
            None => format!("took {millis} ms").into(),
        };
        self.said.message = Some(message);
    }

    fn failed(reason: Reason, message: Option<Arc<str>>) -> Self {
        Self::new(State::unhealthy(reason), message)
    }
}

/// Where a run was started.
pub(in crate::engine) enum Spawned {
    Task(AbortHandle),
    /// A thread of its own. Nothing can abort it.
    Thread,
    /// Nowhere, because no thread could be spawned: the result of the run, and the error.
    Nothing(RunResult, io::Error),
    /// The engine has dropped the state: no check runs any more.
    Ended,
}

/// Starts a run on the runtime that started the `Health`, because drivers in the state belong to that runtime. A run of
/// a `blocking` check starts on a thread of its own.
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

/// A run in the caller's own task. A `blocking` check blocks this task.
#[cfg(feature = "testing")]
pub(in crate::engine) fn inline(engine: &Arc<Engine>, index: usize) -> impl Future<Output = ()> + Send + use<> {
    let (runner, post) = (engine.runner.get(), Post::new(engine, index));
    async move {
        if let Some(runner) = runner {
            run(runner, post).await;
        }
    }
}

/// Spawns a task that tells the engine that the runtime still runs tasks.
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

/// Waits for the future. Returns `None` if the timer fires first, or if the engine is dropped. Without a timer, the
/// wait has no limit.
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
            return Poll::Ready(None); // the pacemaker's timers end with the engine, and would panic if polled later
        }
        match timer.as_mut().poll(context) {
            Poll::Ready(Some(())) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    })
    .await
}

/// Calls the check, and ends the call at its timeout.
async fn attempt(runner: &dyn Runner, post: &Post) -> RunResult {
    let Some(timeout) = post.begin() else {
        return RunResult::failed(Reason::Cancelled, None);
    };
    // A plain function does its work in the call, so the call itself is inside the future.
    let call = limited(post.trigger(), async { runner.call(post.index).await });
    let mut call = pin!(AssertUnwindSafe(call).catch_unwind());
    // Also returns whether the last poll alone took the whole timeout, because it blocked its thread. A result that
    // only waited to be polled is not late.
    let mut call = poll_fn(|context| {
        let began = Instant::now();
        let polled = call.as_mut().poll(context);
        polled.map(|result| (result, began.elapsed() >= timeout))
    });
    while let Some((left, engine)) = post.time_left() {
        let timer = {
            let _timers = engine.timers();
            // Unconstrained: a check that never waits uses up the budget of the task, and then a timer within the
            // budget would never fire.
            Handle::try_current()
                .is_ok()
                .then(|| unconstrained(tokio::time::sleep(left)))
        };
        let timer = pin!(OptionFuture::from(timer));
        drop(engine);
        match within(post, timer, &mut call).await {
            Some((Ok(_), true)) if post.is_late() => break, // not if the process was frozen meanwhile
            Some((Ok(result), _)) => return judged(result),
            Some((Err(panic), _)) => return panicked(panic),
            None => {} // the process may have been frozen, so look how much time is left
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
            said: Said {
                message: outcome.message().map(text::clean),
                details: (!outcome.details().is_empty()).then(|| outcome.details().into()),
                parts: outcome.part_list().cloned().map(Arc::new),
            },
            access: outcome.access().to_vec(),
            for_good: outcome.is_for_good(),
        },
        Err(error) => RunResult::failed(Reason::Error, Some(panics::describe(error))),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> RunResult {
    RunResult::failed(Reason::Panic, panics::words(panic))
}

/// Gives the result of the run to the engine when it is dropped. So the check is free for its next run after every end
/// of a run: completion, timeout, abort, or a runtime that is gone.
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

    /// Begins the run, and returns its timeout; `None` if the engine has ended.
    fn begin(&self) -> Option<Duration> {
        let engine = self.engine.upgrade()?;
        engine.with(|core, now| core.began(self.index, now));
        Some(engine.plans[self.index].timeout)
    }

    /// Lets the check ask how much of its timeout is left.
    fn trigger(&self) -> Trigger {
        Trigger::new(Weak::clone(&self.engine) as Weak<dyn Target>, self.index)
    }

    /// What is left of the timeout, and the engine with the timers for it. `None` if nothing is left, or if the engine
    /// has ended.
    fn time_left(&self) -> Option<(Duration, Arc<Engine>)> {
        let engine = self.engine.upgrade()?;
        let left = engine.with(|core, now| core.time_left(self.index, now))?;
        Some((left, engine))
    }

    /// Whether a run that blocked its thread for its whole timeout is late. It is not late if the process was frozen
    /// meanwhile, because then some of its timeout is left. In a test it is always late: nothing freezes there, and the
    /// clock stands still while a run blocks.
    fn is_late(&self) -> bool {
        self.time_left().is_none_or(|(_, engine)| engine.handles.is_none())
    }

    fn finish(mut self, result: RunResult) {
        self.result = Some(result);
    }

    /// Returns the result `cancelled` instead of giving it to the engine. The caller does that.
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
