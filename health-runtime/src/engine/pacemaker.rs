//! The pacemaker: the thread that ticks. It has a small runtime of its own, so ticks and timers work even if the
//! application's runtime is blocked. Nothing else runs on this thread: other threads serve and render probes.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::engine::{Engine, WeakEngine};
use crate::panics;

pub(crate) const TICK: Duration = Duration::from_millis(50);

/// The time until the next tick, if more runs are due than one tick starts. Meanwhile the runtime begins some of them.
const BREATH: Duration = Duration::from_millis(1);

/// How long the pacemaker's timers work after the engine has ended: a run that is polled at that moment may still use
/// one.
const LINGER: Duration = Duration::from_millis(100);

pub(super) struct Pacemaker {
    /// `None` once `drop` has taken it.
    runtime: Option<Runtime>,
}

/// If the thread cannot be spawned, this is dropped inside the application's runtime. A normal drop would wait there
/// until the pacemaker's runtime has ended, and tokio panics on such a wait. So this runtime ends in the background.
impl Drop for Pacemaker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Pacemaker {
    pub(super) fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("only `drop` takes it")
    }

    pub(super) fn handle(&self) -> Handle {
        self.runtime().handle().clone()
    }

    /// Ticks until the engine ends.
    pub(super) fn start(self, engine: &Arc<Engine>) -> io::Result<()> {
        let engine = WeakEngine::new(engine);
        let ticks = move || {
            let mut more = true; // the first tick came before this thread, and more runs may be due
            loop {
                let pause = if more { BREATH } else { TICK };
                self.runtime().block_on(async { tokio::time::sleep(pause).await });
                // A tick may wake a waker that panics. The ticks go on.
                match engine.look(|engine| panics::run(|| engine.tick())) {
                    Some(ticked) => more = ticked.unwrap_or(false),
                    None => break,
                }
            }
            self.runtime().block_on(async { tokio::time::sleep(LINGER).await });
        };
        thread::Builder::new().name("health".into()).spawn(ticks)?;
        Ok(())
    }
}
