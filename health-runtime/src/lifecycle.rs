//! Starting, holding and ending a service: the methods of [`Health`] for the life of a service.

use std::sync::{Arc, Weak};

use crate::engine::{Core, Engine, Event};
use crate::health::Health;
use crate::text;

impl Health {
    /// Adds a task that the start waits for, such as warming a cache. Until [`StartupTask::done`] is called,
    /// `/startupz` and `/readyz` answer 503.
    ///
    /// Call it before the first [`router`](Self::router). After it, the service starts as soon as nothing is left to
    /// wait for, and a start is final. A task that is added after the start changes nothing.
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

    /// Ends the wait of `manual_start`. Without `manual_start`, and at a second call, it does nothing.
    pub fn mark_started(&self) {
        self.engine.with(Core::mark_started);
    }

    /// Makes readiness fail (`held`) as long as the returned guard lives. Use it for maintenance, or for a leader that
    /// hands over. The reason goes to the log.
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

    /// Begins the drain. From now on readiness fails for good, liveness passes whatever its checks report, and answers
    /// ask clients to close their connections. [`drain_started`](Self::drain_started) resolves.
    ///
    /// After the time of [`HealthBuilder::drain`](crate::HealthBuilder::drain) (7 s by default), the engine drops its
    /// copy of the state, and every [`shutdown_signal`](Self::shutdown_signal) and
    /// [`drain_finished`](Self::drain_finished) resolves.
    ///
    /// Does not wait. If `shutdown_signal` is used, SIGTERM begins the drain without this call. A second call does
    /// nothing.
    pub fn drain(&self) {
        self.engine.drain();
    }

    /// Resolves when the server may stop accepting connections. Give this future to the server.
    ///
    /// Call it early, before anything slow, because the call itself installs the signal handlers. Before the call,
    /// SIGTERM ends the process at once, as without this crate. After the call, a service that gets SIGTERM while it
    /// starts never becomes ready, and ends. In process 1, as in a container, the engine installs the handlers when it
    /// starts, because process 1 would otherwise ignore SIGTERM and become ready.
    ///
    /// # What happens at a signal
    ///
    /// 1. Readiness fails. The service continues to serve for `drain` (7 s), so that load balancers notice before
    ///    connections are refused. The service does not wait in these cases:
    ///    - The signal is SIGINT, because a person waits.
    ///    - It is a second signal, which also ends the wait of the first. The same signal within a second counts once.
    ///    - The service has probes and was never ready.
    ///    - The service has a [`listener`](Self::listener) without an open connection, and for a minute there was
    ///      neither a connection nor a probe. Then no client is left to notice.
    /// 2. The listeners close. No check runs any more, and the engine drops its copy of the state. So a thread that
    ///    waits for the last sender of a channel can end, even if the state holds that sender.
    /// 3. This future resolves, for all servers at the same time. Servers finish the requests in flight.
    /// 4. `main` does what follows its server, such as flushing counters and closing pools. `shutdown_grace` (15 s)
    ///    counts from step 2. If the process still runs after it, the engine ends the process with exit code 143, and
    ///    the log says what keeps it alive. A third signal ends the process at once. If `main` needs longer, set a
    ///    longer `shutdown_grace`.
    ///
    /// # Choosing the times
    ///
    /// | platform | kills after | required |
    /// |---|---|---|
    /// | Kubernetes | `terminationGracePeriodSeconds`: 30 s, `preStop` included | `preStop` + `drain` + `shutdown_grace` < 30 s: the defaults need 22 s |
    /// | `docker stop`, Compose | 10 s (`--time`, `stop_grace_period`) | `drain` + the longest request < 10 s: the default leaves 3 s |
    /// | Cloud Run | 10 s | the same |
    /// | Amazon ECS | `stopTimeout`: 30 s | `drain` + `shutdown_grace` < 30 s |
    /// | systemd | `TimeoutStopSec`: 90 s | `drain` + `shutdown_grace` < 90 s |
    ///
    /// | load balancer | notices after | required |
    /// |---|---|---|
    /// | HAProxy `option httpchk` | `inter` × `fall`: 2 s × 3 | `drain` > 6 s |
    /// | Kubernetes Service | a few seconds after the pod is deleted, without a probe | `drain` of a few seconds |
    /// | AWS load balancers, if the target is not deregistered | interval × unhealthy threshold: 30 s × 2 | `drain` > 60 s |
    ///
    /// # Several engines, several servers
    ///
    /// Call it once for each server. The signal handlers belong to the process and stay installed until it ends. A
    /// signal drains every engine that is alive. The process is ended when the grace of the last engine is over. If no
    /// [`Health`] is left in the process, there is nothing to drain, and a signal ends the process at once, with exit
    /// code 143.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.listen_for_signals();
        Engine::stopped(Arc::clone(&self.engine))
    }

    /// Resolves when the drain begins. Workers use it to stop taking jobs. It also resolves when the engine ends
    /// without a drain. If the drain has begun already, it resolves at once.
    ///
    /// It installs no signal handlers, and does not keep the engine alive.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # runtime.block_on(async {
    /// # let health = AppState { flag: Flag::healthy() }.start_health();
    /// let started = health.drain_started();
    /// let worker = tokio::spawn(async move {
    ///     let mut started = std::pin::pin!(started);
    ///     loop {
    ///         // Only the wait for a job ends here, never a job.
    ///         tokio::select! {
    ///             () = &mut started => return "no further job",
    ///             () = tokio::time::sleep(std::time::Duration::from_millis(10)) => {} // a job has come
    ///         }
    ///         // … the job
    ///     }
    /// });
    /// health.drain();
    /// assert_eq!(worker.await.unwrap(), "no further job");
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub fn drain_started(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.drain_started()
    }

    /// Resolves when the drain is over and the server may stop. It replaces [`shutdown_signal`](Self::shutdown_signal)
    /// in a service that handles its signals itself. If the drain is over already, it resolves at once.
    ///
    /// Use it only for servers: it counts as a sign that a server runs, and keeps the engine alive. For everything
    /// else, use [`drain_started`](Self::drain_started).
    ///
    /// It installs no signal handlers. At its signal, the service calls [`drain`](Self::drain) itself. Unless something
    /// in the process calls `shutdown_signal`, the engine ignores signals, and does not end the process after
    /// `shutdown_grace`.
    ///
    /// In process 1, as in a container, the engine ignores signals only after this call. A signal before it begins the
    /// drain, because process 1 would otherwise ignore it while the service starts.
    ///
    /// ```no_run
    /// # use health_runtime::Health;
    /// # async fn serve(health: Health, app: axum::Router, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    /// # async fn asked_to_stop() {}
    /// let handle = health.clone();
    /// tokio::spawn(async move {
    ///     asked_to_stop().await; // SIGTERM, SIGQUIT, a message from a supervisor
    ///     handle.drain();
    /// });
    /// axum::serve(health.listener(listener), app).with_graceful_shutdown(health.drain_finished()).await
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub fn drain_finished(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.attend();
        Engine::stopped(Arc::clone(&self.engine))
    }
}

/// A task that the start waits for, from [`Health::startup_task`].
///
/// If it is dropped without [`done`](Self::done), for example after an error or a panic, the startup probe fails for
/// good, so that the orchestrator restarts the process.
#[must_use = "dropped without `done()` it fails the startup probe for good"]
#[derive(Debug)]
pub struct StartupTask {
    engine: Weak<Engine>,
    name: Arc<str>,
}

impl StartupTask {
    /// Marks the task as done. The start no longer waits for it.
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

/// A guard that makes readiness fail as long as it lives, from [`Health::hold`].
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
