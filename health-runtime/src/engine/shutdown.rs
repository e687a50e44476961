//! The way to the end: drain, close the listeners, stop the servers; by hand or by signals.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
#[cfg(unix)]
use std::task::Poll;
use std::time::Duration;

use super::driver::exit;
use super::phase::Stage;
use super::plan::bounded;
use super::{Core, Engine, Event, Handles, Onlooker, Time};

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

    /// How far the end has come.
    pub(super) fn stage(&self, core: &mut Core, now: Time) -> Stage {
        let grace = bounded(self.service.shutdown_grace);
        core.lifecycle.stage(now, grace, || self.serving.has_settled(now))
    }

    /// Tells the listeners and servers how far the end has come.
    pub(super) fn reach(self: &Arc<Self>, stage: Stage) {
        if stage == Stage::Stopped {
            let grace = bounded(self.service.shutdown_grace);
            self.with(|core, now| core.lifecycle.stopped(now, grace));
        }
        match stage {
            Stage::Serving => {}
            Stage::Closing => self.serving.close(self.clock.now()),
            Stage::Stopped => self.serving.stop(),
        }
        let further = self.stage.send_if_modified(|reached| {
            let further = *reached < stage;
            *reached = stage.max(*reached);
            further
        });
        if further && stage == Stage::Closing {
            self.with(|core, _| core.say(Event::Closing));
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
        let Some(Handles { pacemaker, .. }) = &self.handles else {
            return;
        };
        if self.listening.swap(true, Ordering::SeqCst) {
            return;
        }
        let _on_the_pacemaker = pacemaker.enter();
        match Signals::new() {
            Ok(mut signals) => {
                let engine = Onlooker::new(self);
                pacemaker.spawn(async move {
                    loop {
                        let wait = signals.next().await;
                        if engine.look(|engine| engine.signalled(wait)).is_none() {
                            exit("a signal, and no `Health` is left to drain");
                        }
                    }
                });
            }
            Err(error) => self.with(|core, _| core.say(Event::NoSignals { error })),
        }
    }

    /// Resolves when the servers may stop.
    pub(crate) async fn stopped(self: Arc<Self>) {
        self.reached(Stage::Stopped).await;
    }

    /// Resolves when the engine has ended.
    #[cfg(feature = "axum")]
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut reached = self.stage.subscribe();
        async move { while reached.changed().await.is_ok() {} }
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
