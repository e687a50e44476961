//! The pacemaker: one thread with a small runtime of its own, so that neither ticks nor timers depend on the runtime that
//! they watch. Nothing else runs on it: probes are served and rendered on other threads.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::engine::{Engine, Onlooker};
use crate::panics;

pub(super) const TICK: Duration = Duration::from_millis(50);

/// Until the next tick where more is due than one tick starts: time for the runtime to take some of it on.
const BREATH: Duration = Duration::from_millis(1);

/// How long the pacemaker's timers outlive the engine: a run that is being polled as it ends may still ask one.
const LINGER: Duration = Duration::from_millis(100);

pub(super) struct Pacemaker {
    /// Taken when dropped.
    runtime: Option<Runtime>,
}

/// Where there is no thread to be had, it is dropped inside of the user's runtime, where nothing may wait for its end.
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
        let engine = Onlooker::new(engine);
        let ticks = move || {
            let mut more = true; // the engine has ticked once
            loop {
                let pause = if more { BREATH } else { TICK };
                self.runtime().block_on(async { tokio::time::sleep(pause).await });
                // A waker that a tick wakes may panic: the next tick comes all the same.
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
