//! The pacemaker: one thread with a small runtime of its own, so that neither ticks nor timers nor signals depend on the
//! runtime that they watch.

use std::io;
#[cfg(feature = "axum")]
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(feature = "axum")]
use futures_util::future::select;
use tokio::runtime::{Builder, Handle, Runtime};

#[cfg(feature = "axum")]
use super::Handles;
use super::{Engine, Event};

pub(super) const TICK: Duration = Duration::from_millis(50);

/// Until the next tick where more is due than one tick starts: time for the runtime to take some of it on.
const BREATH: Duration = Duration::from_millis(1);

pub(super) const GRACE_IS_OVER: &str = "the process did not end within `shutdown_grace`";

/// What a shell reports for a process ended by SIGTERM.
const EXIT_CODE: i32 = 143;

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

    /// Ticks for as long as anybody holds the engine, and stays behind for the signals where handlers are installed.
    pub(super) fn start(self, engine: &Arc<Engine>) -> io::Result<()> {
        let listening = Arc::clone(&engine.listening);
        let engine = Arc::downgrade(engine);
        let ticks = move || {
            let (mut exits_in, mut more) = (None, true); // the engine has ticked once
            loop {
                let pause = if more { BREATH } else { TICK };
                self.runtime().block_on(async { tokio::time::sleep(pause).await });
                // Outside of `block_on`: the last handle may be this one, and the user's state be dropped here.
                match engine.upgrade() {
                    Some(engine) => (exits_in, more) = engine.tick(),
                    None => break,
                }
            }
            self.runtime().block_on(stay(exits_in, &listening));
        };
        std::thread::Builder::new().name("health".into()).spawn(ticks)?;
        Ok(())
    }
}

/// What is left to do for the pacemaker when the engine has ended.
async fn stay(exits_in: Option<Duration>, listening: &AtomicBool) {
    if let Some(left) = exits_in {
        tokio::time::sleep(left).await;
        exit(GRACE_IS_OVER);
    }
    // Without the handlers' owner a signal would do nothing, for good.
    if listening.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
}

#[cfg(feature = "axum")]
impl Engine {
    /// Runs a task on the pacemaker's thread until the engine ends, so that no blocked runtime delays it. `make` may
    /// make sockets and timers of it. The task must not block, and must not hold the engine: an
    /// [`Onlooker`](super::Onlooker) does not.
    pub(crate) fn accompany<F: Future + Send + 'static>(&self, make: impl FnOnce() -> io::Result<F>) -> io::Result<()> {
        let Some(Handles { pacemaker, .. }) = &self.handles else {
            return Err(io::Error::other("nothing is served while a test moves the clock"));
        };
        let _context = pacemaker.enter();
        let task = make()?;
        let ended = self.ended();
        pacemaker.spawn(async move {
            select(pin!(ended), pin!(task)).await;
        });
        Ok(())
    }
}

/// Ends a process that was told to end.
pub(super) fn exit(why: &str) -> ! {
    Event::Exit { why, code: EXIT_CODE }.log(&[]);
    std::process::exit(EXIT_CODE)
}
