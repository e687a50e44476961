//! The pacemaker: one thread with a small runtime of its own, so that neither ticks nor timers nor signals depend on the
//! runtime that they watch.

use std::io;
#[cfg(feature = "axum")]
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

#[cfg(feature = "axum")]
use futures_util::future::select;
use tokio::runtime::{Builder, Handle, Runtime};

#[cfg(feature = "axum")]
use super::Handles;
use super::{Engine, Event, Onlooker};
use crate::contain;

pub(super) const TICK: Duration = Duration::from_millis(50);

/// Until the next tick where more is due than one tick starts: time for the runtime to take some of it on.
const BREATH: Duration = Duration::from_millis(1);

/// How long the pacemaker's timers outlive the engine: a run that is being polled as it ends may still ask one.
const LINGER: Duration = Duration::from_millis(100);

/// How long the log may take to hear why the process exits.
const LAST_WORDS: Duration = Duration::from_millis(100);

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
        let engine = Onlooker::new(engine);
        let ticks = move || {
            let (mut exits_in, mut more) = (None, true); // the engine has ticked once
            loop {
                let pause = if more { BREATH } else { TICK };
                self.runtime().block_on(async { tokio::time::sleep(pause).await });
                // A waker that a tick wakes may panic: the next tick comes all the same.
                match engine.look(|engine| contain::run(|| engine.tick())) {
                    Some(ticked) => (exits_in, more) = ticked.unwrap_or((exits_in, false)),
                    None => break,
                }
            }
            self.runtime().block_on(stay(exits_in, &listening));
        };
        thread::Builder::new().name("health".into()).spawn(ticks)?;
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
    tokio::time::sleep(LINGER).await;
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

/// Ends a process that was told to end. A log that nobody reads does not hold it.
pub(super) fn exit(why: &'static str) -> ! {
    let (said, heard) = mpsc::channel();
    let log = move || {
        Event::Exit { why, code: EXIT_CODE }.log(&[]);
        let _ = said.send(()); // nobody may wait any more
    };
    if thread::Builder::new().name("health log".into()).spawn(log).is_ok() {
        let _ = heard.recv_timeout(LAST_WORDS);
    }
    std::process::exit(EXIT_CODE)
}
