//! The end of a service, in stages: drain, close the listeners, stop the servers.
//!
//! ```text
//! signals  SIGTERM and SIGINT, for all engines in the process
//! serving  counts the listeners of the application and their connections
//! exit     ends a process that does not end by itself
//! ```

pub(in crate::engine) mod exit;
#[cfg_attr(
    not(feature = "axum"),
    allow(dead_code, reason = "only `axum` has a listener of this crate")
)]
pub(in crate::engine) mod serving;
pub(in crate::engine) mod signals;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use self::signals::Signal;
use crate::engine::core::lifecycle::Stage;
use crate::engine::shutdown::exit::{LAST_WORDS, exit};
use crate::engine::{Core, Engine, EngineHandle, Event, Time};
use crate::panics;

/// A service without a connection and without a probe for this long does not wait for the drain, because no client is
/// left to notice it. Orchestrators and load balancers probe more often than this.
pub(in crate::engine) const QUIET: Duration = Duration::from_secs(60);

impl Engine {
    /// Begins to drain: readiness fails from now on, for good. `shutdown_signal` resolves after `drain`.
    pub(crate) fn drain(self: &Arc<Self>) {
        self.drain_for(self.service.drain);
    }

    /// Whether the engine drains. Takes no lock, because every response of the application asks this.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    fn drain_for(self: &Arc<Self>, drain: Duration) {
        self.view(); // notes whether the service is ready by now: only a service that was ready waits
        self.with(|core, now| {
            core.drain(drain, now);
            self.draining.store(true, Ordering::Release);
        });
        panics::run(|| self.drain_started.send_replace(true)); // a waker may panic
        self.watchers.wake(); // the next view would wake them too, but it comes with the next tick
    }

    /// Resolves when the drain begins, or the engine has ended. Does not keep the engine running.
    pub(crate) fn drain_started(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut started = self.drain_started.subscribe();
        async move { drop(started.wait_for(|started| *started).await) }
    }

    /// Notes that something waits for the end of the drain with `drain_finished()`, and not with `shutdown_signal()`.
    pub(crate) fn attend(&self) {
        if self.handles.is_some() {
            signals::attend();
        }
    }

    /// How far the end of the service has come.
    pub(in crate::engine) fn stage(&self, core: &mut Core, now: Time) -> Stage {
        let grace = self.service.shutdown_grace;
        core.lifecycle.stage(now, grace, || self.serving.has_settled(now))
    }

    /// Tells the listeners and servers how far the end has come.
    pub(in crate::engine) fn reach(self: &Arc<Self>, stage: Stage) {
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
            self.watchers.end();
            self.let_go();
        }
        if stage == Stage::Stopped {
            self.outbox.flush(LAST_WORDS); // the process may end when its servers stop
        }
        self.stage.send_replace(stage);
    }

    /// Ends the checks, because the drain is over. The engine also drops the state. So a thread that waits until the
    /// state is dropped can end.
    fn let_go(self: &Arc<Self>) {
        self.with(|core, _| {
            core.say(Event::Closing);
            core.end();
        });
        self.runner.let_go();
    }

    /// Starts the grace: a process that does not end within it is ended. Only after a signal, and only if
    /// `shutdown_signal` was called.
    pub(in crate::engine) fn grant(&self) {
        if signals::are_expected() && self.lock().lifecycle.grant() {
            signals::grant(self.service.shutdown_grace);
        }
    }

    /// Whether a signal has begun the drain, and the drain is not over.
    pub(in crate::engine) fn is_leaving(&self) -> bool {
        self.lock().lifecycle.is_leaving()
    }

    /// Acts on a signal. The first one begins the drain, the second one ends the wait, and the third one ends the
    /// process. A SIGINT always ends the wait. Does nothing if the service handles its signals itself.
    pub(in crate::engine) fn signalled(self: &Arc<Self>, signal: Signal) {
        if signals::are_attended() && !signals::are_expected() {
            return;
        }
        let signals = self.with(|core, _| core.lifecycle.signalled());
        let waits = signal == Signal::Terminate && signals == 1;
        self.drain_for(if waits { self.service.drain } else { Duration::ZERO });
        if !signals::are_attended() {
            self.with(|core, _| core.say(Event::SignalIgnored));
        } else if signals > 2 && signals::are_expected() {
            exit("a third signal");
        }
        if !waits {
            self.with(|core, now| core.lifecycle.close_now(now)); // the next tick sees it
        }
    }

    /// Installs the signal handlers of the process, so that a signal drains this engine. They stay until the process
    /// ends.
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
        handle.note_server(); // only a server waits for this, so a server runs
        handle.reached(Stage::Stopped).await;
    }

    /// Resolves when the engine has ended.
    #[cfg(feature = "serve")]
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
