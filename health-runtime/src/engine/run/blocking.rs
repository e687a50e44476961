//! A run of a `blocking` check, on a thread of its own.
//!
//! It does not use the runtime's blocking pool. A runtime waits for its pool when it ends, so a check that hangs would
//! delay the exit of the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::Handle;

use crate::current_run::limited_blocking;
use crate::engine::Engine;
use crate::engine::run::{Post, RunResult, Spawned, judged, panicked};
use crate::engine::runner::SharedRunner;
use crate::outcome::Reason;

/// Starts the run. Nothing can abort it: it keeps its thread until it returns. If it takes too long, the check is
/// `stuck`.
pub(super) fn spawn(engine: &Engine, runtime: &Handle, runner: SharedRunner, post: Post) -> Spawned {
    let runtime = runtime.clone();
    let check = engine.plans[post.index].spec.name();
    let thread = thread::Builder::new().name(format!("health {check}"));
    // The thread takes `post` when it runs, so that the closure does not own it. If the thread cannot be spawned, the
    // closure is dropped. Dropping `post` with it would report the run as cancelled.
    let post = Arc::new(Mutex::new(Some(post)));
    let taken = Arc::clone(&post);
    let run = move || {
        let Some(post) = take(&taken) else { return };
        let Some(timeout) = post.begin() else { return };
        let call = || {
            // The check may use its runtime, as on the runtime's own blocking threads.
            let _runtime = runtime.enter();
            let future = runner.call(post.index); // a plain function does its work in the call
            block_on(future)
        };
        let call = || limited_blocking(post.trigger(), call);
        let result = catch_unwind(AssertUnwindSafe(call)).map_or_else(panicked, judged);
        let late = || RunResult::failed(Reason::Timeout, Some(format!("took longer than {timeout:?}").into()));
        let in_time = post.time_left().is_some();
        post.finish(if in_time { result } else { late() });
    };
    match thread.spawn(run) {
        Ok(_) => Spawned::Thread,
        Err(error) => {
            let post = take(&post).expect("no thread has taken it");
            Spawned::Nothing(post.cancel(), error)
        }
    }
}

/// Polls the future to its end on this thread. [`Handle::block_on`] does not work here: inside it, a check cannot enter
/// a runtime of its own, as `postgres` and `reqwest::blocking` do.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut future, mut context) = (pin!(future), Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn take(post: &Mutex<Option<Post>>) -> Option<Post> {
    post.lock().unwrap_or_else(PoisonError::into_inner).take()
}
