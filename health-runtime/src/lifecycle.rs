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
    /// ask clients to close their connections. After `drain` every [`shutdown_signal`](Self::shutdown_signal) resolves,
    /// and the engine lets go of the state.
    ///
    /// Waits for nothing. SIGTERM does this by itself where `shutdown_signal` is used. A second call does nothing.
    pub fn drain(&self) {
        self.engine.drain();
    }

    /// What the server waits for: resolves when it may stop accepting connections.
    ///
    /// Call it early, before anything that takes long: the call itself installs the signal handlers. Before it, SIGTERM ends
    /// the process at once, as it does without this crate. After it, a service that is told to end while it starts is
    /// never ready, and ends. (As process 1, in a container, the handlers are there from the start of the engine on:
    /// process 1 would ignore SIGTERM, start, and become ready.)
    ///
    /// # What happens at a signal
    ///
    /// 1. Readiness fails. The service goes on serving for `drain` (7 s), so that load balancers notice before connections
    ///    are refused. SIGINT skips this wait: a person waits. So does a second signal; the same signal within a second is
    ///    the same one. A service with probes that was never ready does not wait either, nor does one behind
    ///    [`listener`](Self::listener) that has no open connection, has seen none for a minute, and was asked no probe:
    ///    nobody is left who could notice.
    /// 2. The listeners close. Nothing is checked any more, and the engine drops its copy of the state: a thread that ends
    ///    with the last sender of a channel can end.
    /// 3. This resolves, for all servers together. Servers finish the requests in flight.
    /// 4. What `main` does after its server (flush counters, close pools) is still inside of `shutdown_grace` (15 s), which
    ///    counts from step 2. A process that is there after that is ended with code 143, and the log says what it still
    ///    holds. A third signal does the same at once. Needs `main` longer, set `shutdown_grace` higher.
    ///
    /// # What must be longer than what
    ///
    /// | platform | kills after | so |
    /// |---|---|---|
    /// | Kubernetes | `terminationGracePeriodSeconds`: 30 s, `preStop` included | `preStop` + `drain` + `shutdown_grace` < 30 s: the defaults need 22 s |
    /// | `docker stop`, Compose | 10 s (`--time`, `stop_grace_period`) | `drain` + the longest request < 10 s: the default leaves 3 s |
    /// | Cloud Run | 10 s | the same |
    /// | Amazon ECS | `stopTimeout`: 30 s | `drain` + `shutdown_grace` < 30 s |
    /// | systemd | `TimeoutStopSec`: 90 s | `drain` + `shutdown_grace` < 90 s |
    ///
    /// | balancer that asks the probes itself | notices after | so |
    /// |---|---|---|
    /// | HAProxy `option httpchk` | `inter` × `fall`: 2 s × 3 | `drain` > 6 s |
    /// | Kubernetes Service | at once: the pod is deleted, which spreads in a few seconds | `drain` of a few seconds |
    /// | AWS load balancers, where nobody deregisters the target | interval × unhealthy threshold: 30 s × 2 | `drain` > 60 s |
    ///
    /// # Several engines, several servers
    ///
    /// Call it once for each server. The signal handlers belong to the process and stay until its end. They drain every
    /// engine that is alive, and the process is ended at the end of the grace that ends last. Once the last [`Health`] in
    /// the process is gone, there is nothing to drain, and a signal ends the process at once, with code 143.
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
