//! The checks with the user's state, and how they are dropped.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::outcome::CheckFuture;
use crate::panics;
use crate::trigger::Trigger;

/// The checks with the user's state. The engine uses the state only through this trait, so it does not depend on its
/// type.
pub(crate) trait Runner: Send + Sync {
    fn call(&self, index: usize) -> CheckFuture<'_>;
    fn is_disabled(&self, index: usize) -> bool;
    fn asks_probe(&self, index: usize) -> bool;
    fn attach(&self, index: usize, trigger: Trigger);
}

/// A reference to the runner. Each run holds one, so that the state outlives the run.
pub(super) type SharedRunner = Arc<Owned>;

/// Drops the runner when the last reference to it is dropped. Any thread may do that.
///
/// The state may own a runtime, which panics if it is dropped in a task. Its drop may also block, for example until a
/// thread has ended. So it is dropped on a thread of its own.
pub(super) struct Owned {
    /// `None` once `drop` has taken it.
    runner: Option<Box<dyn Runner>>,
    /// Whether it is dropped on the current thread, as in a test without threads.
    here: bool,
    /// Dropped after the runner, so that [`Hold::wait_gone`] returns.
    gone: Option<Sender<()>>,
}

impl std::ops::Deref for Owned {
    type Target = dyn Runner;

    fn deref(&self) -> &Self::Target {
        &**self.runner.as_ref().expect("only `drop` takes it")
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let (runner, gone) = (self.runner.take(), self.gone.take());
        let end = move || {
            panics::run(|| drop(runner));
            drop(gone);
        };
        if self.here {
            end();
        } else {
            // If no thread can be spawned, the closure and the state are dropped here.
            let _ = thread::Builder::new().name("health end".into()).spawn(end);
        }
    }
}

/// The engine's reference to the runner. It is dropped at the end of the drain, or when the engine ends.
pub(super) struct Hold {
    runner: Mutex<Option<SharedRunner>>,
    gone: Mutex<Receiver<()>>,
}

impl Hold {
    pub(super) fn new(runner: Box<dyn Runner>, here: bool) -> Self {
        let (alive, gone) = channel();
        let owned = Owned {
            runner: Some(runner),
            here,
            gone: Some(alive),
        };
        Self {
            runner: Mutex::new(Some(Arc::new(owned))),
            gone: Mutex::new(gone),
        }
    }

    /// The runner; `None` after [`let_go`](Self::let_go).
    pub(super) fn get(&self) -> Option<SharedRunner> {
        self.runner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops the reference. The state is dropped once no run uses it any more.
    pub(super) fn let_go(&self) {
        let runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(runner); // after the lock is released
    }

    /// Waits until the state has been dropped, but at most for `limit`.
    pub(super) fn wait_gone(&self, limit: Duration) {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = gone.recv_timeout(limit); // returns when the sender is dropped: nothing is ever sent
    }
}
