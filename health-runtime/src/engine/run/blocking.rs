//! A run on a thread of its own: of a check that blocks.
//!
//! Not on the runtime's blocking pool: a runtime waits for its pool when it ends, and a check that hangs would hold the
//! exit of the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::Handle;

use crate::engine::Engine;
use crate::engine::run::{Post, RunResult, Spawned, judged, panicked};
use crate::engine::runner::SharedRunner;
use crate::outcome::Reason;
use crate::time_left::limited_blocking;

/// Starts the run. Nothing ends it from outside: it holds its thread, and in time is `stuck`, until it returns.
pub(super) fn spawn(engine: &Engine, runtime: &Handle, runner: SharedRunner, post: Post) -> Spawned {
    let runtime = runtime.clone();
    let check = engine.plans[post.index].spec.name();
    let thread = thread::Builder::new().name(format!("health {check}"));
    // Out of the thread's reach until it runs: a thread that there is not would post that its run was cancelled.
    let post = Arc::new(Mutex::new(Some(post)));
    let taken = Arc::clone(&post);
    let run = move || {
        let Some(post) = take(&taken) else { return };
        let Some(timeout) = post.begin() else { return };
        let call = || {
            // What a check may ask of its runtime is there, as on the runtime's own blocking threads.
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

/// Polls the future to its end on this thread. Inside [`Handle::block_on`], a check could not enter a runtime of its own, as
/// `postgres` and `reqwest::blocking` do.
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
