//! Starting, holding back and ending: what a service does with its [`Health`] over its life.

use std::sync::{Arc, Weak};

use crate::engine::{Core, Engine, Event};
use crate::health::Health;
use crate::text;

impl Health {
    /// Adds a task that starting waits for, such as warming a cache: until [`StartupTask::done`], `/startupz` and
    /// `/readyz` answer 503. Call it before the first [`router`](Self::router), from where on a start with nothing
    /// left to wait for is final; a task added after the service has started changes nothing.
    ///
    /// ```
    /// # use health_runtime::{Flag, Health, HealthState, Phase, Probe};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// let warm_up = health.startup_task("warm caches");
    /// let app: axum::Router = axum::Router::new().merge(health.router());
    /// assert_eq!(health.report(Probe::Startup).phase, Phase::Starting);
    /// warm_up.done();
    /// assert_eq!(health.report(Probe::Startup).phase, Phase::Running);
    /// ```
    pub fn startup_task(&self, name: impl Into<String>) -> StartupTask {
        let counts = self.engine.with(|core, _| core.open_task());
        let engine = if counts {
            Arc::downgrade(self.engine.engine())
        } else {
            Weak::new()
        };
        let name = text::clean(&name.into());
        StartupTask { engine, name }
    }

    /// Ends the wait of `manual_start`. Does nothing without it, or a second time.
    pub fn mark_started(&self) {
        self.engine.with(Core::mark_started);
    }

    /// Keeps readiness failing (`held`) while the guard lives: for maintenance, or a leader that hands over. The reason
    /// goes to the log.
    pub fn hold(&self, reason: impl Into<String>) -> Hold {
        let reason = text::clean(&reason.into());
        let held = Event::Held {
            reason: Arc::clone(&reason),
        };
        self.engine.with(|core, _| {
            core.say(held);
            core.hold();
        });
        let engine = Arc::downgrade(self.engine.engine());
        Hold { engine, reason }
    }

    /// Begins to drain: from now on and for good readiness fails, liveness passes whatever its checks say, and answers
    /// ask clients to close their connections. After `drain` every [`shutdown_signal`](Self::shutdown_signal) resolves.
    ///
    /// SIGTERM does this by itself where `shutdown_signal` is used. A second call does nothing.
    pub fn drain(&self) {
        self.engine.drain();
    }

    /// What the server waits for: resolves when it may stop accepting connections.
    ///
    /// At SIGTERM readiness fails at once while the listener goes on accepting for `drain` (10 s by default), so that
    /// load balancers notice before connections are refused; then this resolves. SIGINT resolves it without the wait.
    /// A second signal ends the wait; a third ends the process. A process that is still there `shutdown_grace` (20 s by
    /// default) after the drain is ended too, since axum waits for open streams without limit. Both exit with code 143.
    ///
    /// Call it once for each server: all resolve together. The signal handlers are installed by the call, on a thread
    /// of the engine's own, and stay until the process ends. Once the last [`Health`] is gone there is nothing to drain,
    /// and a signal ends the process at once, with code 143.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.listen_for_signals();
        Engine::stopped(Arc::clone(&self.engine))
    }
}

/// Something that starting waits for, from [`Health::startup_task`].
///
/// Dropped without [`done`](Self::done), as after an error or a panic, it fails the startup probe for good, so that
/// the orchestrator restarts the process.
#[must_use = "dropped without `done()` it fails the startup probe for good"]
#[derive(Debug)]
pub struct StartupTask {
    engine: Weak<Engine>,
    name: Arc<str>,
}

impl StartupTask {
    /// The task is done; once all are, the service has started.
    pub fn done(mut self) {
        if let Some(engine) = std::mem::take(&mut self.engine).upgrade() {
            engine.with(|core, now| core.close_task(true, now));
        }
    }
}

impl Drop for StartupTask {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            let name = Arc::clone(&self.name);
            engine.with(|core, now| {
                core.say(Event::TaskDropped { name });
                core.close_task(false, now);
            });
        }
    }
}

/// Keeps readiness failing while it lives, from [`Health::hold`].
#[must_use = "readiness is held only while this lives"]
#[derive(Debug)]
pub struct Hold {
    engine: Weak<Engine>,
    reason: Arc<str>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            let reason = Arc::clone(&self.reason);
            engine.with(|core, _| {
                core.say(Event::Released { reason });
                core.release();
            });
        }
    }
}
