//! The checks with the state they look at, and who drops them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Trigger;
use crate::contain;
use crate::outcome::CheckFuture;

/// The checks, with the state they look at: all that the engine sees of `S`.
pub(crate) trait Runner: Send + Sync {
    fn call(&self, index: usize) -> CheckFuture<'_>;
    fn is_disabled(&self, index: usize) -> bool;
    fn attach(&self, index: usize, trigger: Trigger);
}

/// The runner, for a run that keeps it alive.
pub(super) type SharedRunner = Arc<Owned>;

/// Drops the runner when the last holder is gone, whoever that is.
///
/// A state may own a runtime, which panics if a task drops it, or block until a thread of its own has ended. So it is
/// dropped on a thread that may block.
pub(super) struct Owned {
    /// Taken when dropped.
    runner: Option<Box<dyn Runner>>,
    /// Whether it is dropped where it is, as in a test without threads.
    here: bool,
    /// Dropped after the runner.
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
            contain::run(|| drop(runner));
            drop(gone);
        };
        if self.here {
            end();
        } else {
            // Where there is no thread to be had, the closure is dropped here, and the state with it.
            let _ = thread::Builder::new().name("health end".into()).spawn(end);
        }
    }
}

/// The engine's hold on the runner, which it lets go of before it ends itself.
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

    /// The runner; `None` once it was let go of.
    pub(super) fn get(&self) -> Option<SharedRunner> {
        self.runner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets go of the state: it is dropped once no run looks at it any more.
    pub(super) fn let_go(&self) {
        let runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(runner); // not under the lock
    }

    /// Waits until the state has been dropped, but no longer than this.
    pub(super) fn wait_gone(&self, limit: Duration) {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = gone.recv_timeout(limit); // nothing is ever sent: it ends when the sender is dropped
    }
}
