//! The way to the end: drain, close the listeners, stop the servers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::exit::{LAST_WORDS, exit};
use super::phase::Stage;
use super::signals::{self, Signal};
use super::{Core, Engine, EngineHandle, Event, Time};

/// A service that nobody has connected to or asked for this long has nobody who could notice that it drains. Probes of every
/// orchestrator and balancer come more often.
pub(super) const QUIET: Duration = Duration::from_mins(1);

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
        self.with(|core, now| {
            core.drain(drain, now);
            self.draining.store(true, Ordering::Release);
        });
    }

    /// How far the end has come.
    pub(super) fn stage(&self, core: &mut Core, now: Time) -> Stage {
        let grace = self.service.shutdown_grace;
        core.lifecycle.stage(now, grace, || self.serving.has_settled(now))
    }

    /// Tells the listeners and servers how far the end has come.
    pub(super) fn reach(self: &Arc<Self>, stage: Stage) {
        if stage > Stage::Serving {
            self.grant();
        }
        match stage {
            Stage::Serving => {}
            Stage::Closing => self.serving.close(self.clock.now()),
            Stage::Stopped => self.serving.stop(),
        }
        let reached = *self.stage.borrow();
        if reached >= stage {
            return;
        }
        if reached == Stage::Serving {
            self.let_go();
        }
        if stage == Stage::Stopped {
            self.outbox.flush(LAST_WORDS); // who is told next may end the process
        }
        self.stage.send_replace(stage);
    }

    /// The drain is over: nothing is checked any more, and what the service ends by dropping its state can end.
    fn let_go(self: &Arc<Self>) {
        self.with(|core, _| {
            core.say(Event::Closing);
            core.end();
        });
        self.runner.let_go();
    }

    /// Has the process ended if it does not end within the grace, where a signal told it to.
    pub(super) fn grant(&self) {
        if signals::are_expected() && self.lock().lifecycle.grant() {
            signals::grant(self.service.shutdown_grace);
        }
    }

    /// Whether a signal has told it to end, and its drain is not over.
    pub(super) fn is_leaving(&self) -> bool {
        self.lock().lifecycle.is_leaving()
    }

    /// Acts on a signal: the first begins to drain, the second ends the wait, the third ends the process.
    pub(super) fn signalled(self: &Arc<Self>, signal: Signal) {
        let signals = self.with(|core, _| core.lifecycle.signalled());
        let waits = signal == Signal::Terminate && signals == 1;
        self.drain_for(if waits { self.service.drain } else { Duration::ZERO });
        if !signals::are_expected() {
            self.with(|core, _| core.say(Event::SignalIgnored));
        } else if signals > 2 {
            exit("a third signal");
        }
        if !waits {
            self.with(|core, now| core.lifecycle.close_now(now)); // the next tick sees it
        }
    }

    /// Has the process's signals drain this engine. The handlers stay until the process ends.
    pub(crate) fn listen_for_signals(self: &Arc<Self>) {
        if self.handles.is_none() {
            return;
        }
        if let Err(error) = signals::listen() {
            self.with(|core, _| core.say(Event::NoSignals { error }));
        }
    }

    /// Resolves when the servers may stop.
    pub(crate) async fn stopped(handle: Arc<EngineHandle>) {
        handle.note_server(); // who waits for its end is there
        handle.reached(Stage::Stopped).await;
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
