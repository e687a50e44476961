//! The pacemaker: one thread with a small runtime of its own, so that neither the ticks nor the signals depend on the
//! runtime that they watch.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
#[cfg(unix)]
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use super::phase::Stage;
use super::plan::bounded;
use super::{Engine, Event};

const TICK: Duration = Duration::from_millis(50);

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
        let engine = Arc::downgrade(engine);
        let ticks = move || {
            let mut left = Duty::None;
            loop {
                self.runtime().block_on(async { tokio::time::sleep(TICK).await });
                // Outside of `block_on`: the last handle may be this one, and the user's state be dropped here.
                match engine.upgrade() {
                    Some(engine) => left = engine.tick(),
                    None => break self.runtime().block_on(left.fulfil()),
                }
            }
        };
        std::thread::Builder::new().name("health".into()).spawn(ticks)?;
        Ok(())
    }
}

/// What is left to do for the pacemaker when the engine has ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Duty {
    None,
    /// Without the handlers' owner a signal would do nothing, for good.
    Signals,
    /// The process was told to end: it is ended after this.
    Exit(Duration),
}

impl Duty {
    async fn fulfil(self) {
        match self {
            Self::None => {}
            Self::Signals => std::future::pending().await,
            Self::Exit(left) => {
                tokio::time::sleep(left).await;
                exit(GRACE_IS_OVER);
            }
        }
    }
}

/// Ends a process that was told to end.
pub(super) fn exit(why: &str) -> ! {
    Event::Exit { why, code: EXIT_CODE }.log(&[]);
    std::process::exit(EXIT_CODE)
}

impl Engine {
    /// Begins to drain: readiness fails from now on, for good; `shutdown_signal` resolves after `drain`.
    pub(crate) fn drain(self: &Arc<Self>) {
        self.drain_for(self.service.drain);
    }

    /// Whether it drains: what every response of the application asks.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    fn drain_for(self: &Arc<Self>, drain: Duration) {
        let drain = bounded(drain);
        self.with(|core, now| {
            core.drain(drain, now);
            self.draining.store(true, Ordering::Release);
        });
    }

    /// Tells the listeners and servers how far the end has come.
    pub(super) fn reach(self: &Arc<Self>, stage: Stage) {
        if stage == Stage::Stopped {
            let grace = bounded(self.service.shutdown_grace);
            self.with(|core, now| core.lifecycle.stopped(now, grace));
        }
        let further = self.stage.send_if_modified(|reached| {
            let further = *reached < stage;
            *reached = stage.max(*reached);
            further
        });
        if further && stage == Stage::Closing {
            Event::Closing.log(&self.plans);
        }
    }

    /// Acts on a signal: the first begins to drain, the second ends the wait, the third ends the process.
    fn signalled(self: &Arc<Self>, wait: bool) {
        let signals = self.with(|core, _| {
            core.lifecycle.signals += 1;
            core.lifecycle.signals
        });
        self.drain_for(if wait { self.service.drain } else { Duration::ZERO });
        match signals {
            1 if wait => {}
            1 | 2 => self.with(|core, now| core.lifecycle.close_at = Some(now)), // the next tick sees it
            _ => exit("a third signal"),
        }
    }

    /// Installs the signal handlers, which stay until the process ends.
    pub(crate) fn listen_for_signals(self: &Arc<Self>) {
        if !self.with(|core, _| core.lifecycle.listen()) {
            return;
        }
        let _on_the_pacemaker = self.pacemaker.enter();
        match Signals::new() {
            Ok(mut signals) => {
                let engine = Arc::downgrade(self);
                self.pacemaker.spawn(async move {
                    loop {
                        let wait = signals.next().await;
                        match engine.upgrade() {
                            Some(engine) => engine.signalled(wait),
                            None => exit("a signal, and no `Health` is left to drain"),
                        }
                    }
                });
            }
            Err(error) => Event::NoSignals { error: &error }.log(&self.plans),
        }
    }

    /// Resolves when the listeners are to close.
    #[cfg(feature = "axum")]
    pub(crate) async fn closing(&self) {
        self.reached(Stage::Closing).await;
    }

    /// Resolves when the servers may stop.
    pub(crate) async fn stopped(self: Arc<Self>) {
        self.reached(Stage::Stopped).await;
    }

    async fn reached(&self, stage: Stage) {
        let mut reached = self.stage.subscribe();
        // The sender lives as long as `self`.
        let _ = reached.wait_for(|reached| *reached >= stage).await;
    }
}

/// The signals that end a service.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next one, and whether somebody has to notice it before the listeners close.
    async fn next(&mut self) -> bool {
        std::future::poll_fn(|context| {
            if self.terminate.poll_recv(context).is_ready() {
                Poll::Ready(true)
            } else {
                self.interrupt.poll_recv(context).map(|_| false)
            }
        })
        .await
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        false
    }
}
