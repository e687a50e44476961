//! The pacemaker: one thread with a small runtime of its own, so that neither the ticks nor the signals depend on the
//! runtime that they watch.

use std::io;
use std::sync::Arc;
#[cfg(unix)]
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use super::phase::Stage;
use super::plan::bounded;
use super::{Engine, Event};

const TICK: Duration = Duration::from_millis(50);

/// What a shell reports for a process ended by SIGTERM.
const EXIT_CODE: i32 = 143;

pub(super) struct Pacemaker {
    runtime: Runtime,
}

impl Pacemaker {
    pub(super) fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime })
    }

    pub(super) fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }

    /// Ticks for as long as anybody holds the engine.
    pub(super) fn start(self, engine: &Arc<Engine>) -> io::Result<()> {
        let engine = Arc::downgrade(engine);
        let ticks = move || {
            loop {
                self.runtime.block_on(async { tokio::time::sleep(TICK).await });
                // Outside of `block_on`: the last handle may be this one, and the user's state be dropped here.
                match engine.upgrade() {
                    Some(engine) => engine.tick(),
                    None => return,
                }
            }
        };
        std::thread::Builder::new().name("health".into()).spawn(ticks)?;
        Ok(())
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
        let drain = bounded(self.service.drain);
        self.with(|core, now| core.drain(drain, now));
    }

    /// Tells the listeners and servers how far the end has come.
    pub(super) fn reach(self: &Arc<Self>, stage: Stage) {
        if stage == Stage::Stopped {
            let grace = bounded(self.service.shutdown_grace);
            self.with(|core, now| core.lifecycle.stopped(now, grace));
        }
        self.stage.send_if_modified(|reached| {
            let further = *reached < stage;
            *reached = stage.max(*reached);
            further
        });
    }

    /// Acts on a signal: the first begins to drain, the second ends the wait, the third ends the process.
    fn signalled(self: &Arc<Self>, wait: bool) {
        let signals = self.with(|core, _| {
            core.lifecycle.signals += 1;
            core.lifecycle.signals
        });
        self.drain();
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
                        let Some(engine) = engine.upgrade() else { return };
                        engine.signalled(wait);
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
