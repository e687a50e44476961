//! Starting, holding and ending a service: the methods of [`Health`] for the life of a service.

use std::sync::{Arc, Weak};

use crate::engine::{Core, Engine, Event};
use crate::health::Health;
use crate::text;

impl Health {
    /// Adds a startup task, such as warming a cache, that has to finish before the service starts. Until you call
    /// [`StartupTask::done`], `/startupz` and `/readyz` answer 503.
    ///
    /// Call this method before you call a method that serves probes, such as `serve_axum`, [`router`](Self::router) or
    /// `serve`. [Starting](crate::_documentation::states#starting) lists these methods. After that, the service starts
    /// as soon as there is nothing left to wait for, and it never goes back to starting, so a task that is added later
    /// has no effect.
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
        let name = text::clean(&name.into());
        let counts = self.engine.with(|core, _| {
            let counts = core.open_task();
            if counts {
                core.waits.add_task(Arc::clone(&name));
            }
            counts
        });
        let engine = if counts {
            Arc::downgrade(self.engine.engine())
        } else {
            Weak::new()
        };
        StartupTask { engine, name }
    }

    /// Marks a service that is configured with `manual_start` as ready to start. Without `manual_start`, or when called
    /// a second time, this method does nothing.
    pub fn mark_started(&self) {
        self.engine.with(Core::mark_started);
    }

    /// Makes readiness fail with the reason `held` until the returned guard is dropped. If there are several guards,
    /// readiness fails until the last one is dropped. This is useful during maintenance, for example, or for a leader
    /// that is handing over its work. The given reason is written to the log.
    pub fn hold(&self, reason: impl Into<String>) -> Hold {
        let reason = text::clean(&reason.into());
        let held = Event::Held {
            reason: Arc::clone(&reason),
        };
        self.engine.with(|core, _| {
            core.say(held);
            core.hold();
            core.waits.add_hold(Arc::clone(&reason), None);
        });
        let engine = Arc::downgrade(self.engine.engine());
        Hold { engine, reason }
    }

    /// Starts the drain. From this point on, readiness always fails, liveness passes whatever its checks report, and
    /// responses ask clients to close their connections. Futures returned by [`drain_started`](Self::drain_started)
    /// resolve.
    ///
    /// The drain lasts as long as configured with [`HealthBuilder::drain`](crate::HealthBuilder::drain), which is 7 s
    /// by default. When it is over, the engine drops its copy of the state, and the futures returned by
    /// [`shutdown_signal`](Self::shutdown_signal) and [`drain_finished`](Self::drain_finished) resolve.
    ///
    /// This method returns immediately, without waiting for the drain to finish. You do not need to call it if you use
    /// `shutdown_signal`, because then SIGTERM starts the drain. Calling it more than once has no effect.
    pub fn drain(&self) {
        self.engine.drain();
    }

    /// Returns a future that resolves when it is time for the server to stop accepting connections. Pass it to the
    /// server as its graceful shutdown signal.
    ///
    /// The signal handlers are installed as soon as this method is called, even before the future is polled, so call it
    /// early, before any slow initialization. Until then, SIGTERM terminates the process immediately, just as it would
    /// without this crate. Afterwards, a service that receives SIGTERM while it is still starting shuts down without
    /// ever becoming ready.
    ///
    /// If the process has the process ID 1, as it does in most containers, the engine installs the handlers when it
    /// starts. Otherwise, such a process would ignore SIGTERM and go on to become ready.
    ///
    /// # What happens at a signal
    ///
    /// 1. Readiness fails. The service continues to serve requests for the duration of `drain` (7 s by default), so
    ///    that load balancers notice the failure before connections are refused. The wait is skipped in the following
    ///    cases:
    ///    - The signal is SIGINT, which usually comes from a person who is waiting for the process to exit.
    ///    - The signal is the second one, which also ends a wait that is already in progress. The same signal is
    ///      ignored if it arrives again within one second.
    ///    - The service was never ready. However, a service without probes still waits if its server is running,
    ///      because its clients send requests without asking a probe first.
    ///    - The service has a [`listener`](Self::listener) without an open connection, and there has been neither a
    ///      connection nor a probe for one minute. In that case, there is no client left that could notice.
    /// 2. The listeners close, the checks stop running, and the engine drops its copy of the state. As a result, a
    ///    thread that waits until all senders of a channel are dropped can finish, even if the state holds one of the
    ///    senders.
    /// 3. The future resolves, for all servers at the same time, and the servers finish their in-flight requests.
    /// 4. The rest of `main` runs, for example to flush counters and close pools. It has to finish within
    ///    `shutdown_grace` (15 s by default), measured from step 2. If the process is still running after that, the
    ///    engine terminates it with exit code 143 and logs what kept it alive. A third signal terminates the process
    ///    immediately. If `main` needs more time, set a longer `shutdown_grace`.
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
    /// Call this method once for each server. The signal handlers belong to the process as a whole and stay installed
    /// until it exits. When a signal arrives, every running engine starts to drain, and the process is terminated once
    /// the `shutdown_grace` of the last engine is over. If there is no [`Health`] left in the process, there is nothing
    /// to drain, so a signal terminates the process immediately with exit code 143.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Dropping the returned future has no effect.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.listen_for_signals();
        Engine::stopped(Arc::clone(&self.engine))
    }

    /// Returns a future that resolves when the drain starts, which lets workers stop taking new jobs, for example. If
    /// the drain has already started, the future resolves immediately. It also resolves if the engine shuts down
    /// without a drain.
    ///
    /// Unlike [`shutdown_signal`](Self::shutdown_signal), this method does not install signal handlers, and the future
    /// does not keep the engine alive.
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
    /// This method is cancel safe. Dropping the returned future has no effect.
    pub fn drain_started(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.drain_started()
    }

    /// Returns a future that resolves when the drain is over and the server can stop. This is an alternative to
    /// [`shutdown_signal`](Self::shutdown_signal) for services that handle signals themselves. If the drain is already
    /// over, the future resolves immediately.
    ///
    /// This method is only meant for servers, because awaiting the future is taken as a sign that a server is running.
    /// The future also keeps the engine alive. For any other purpose, use [`drain_started`](Self::drain_started)
    /// instead.
    ///
    /// No signal handlers are installed, so the service has to call [`drain`](Self::drain) itself when it receives its
    /// signal. Unless `shutdown_signal` is called somewhere in the process, the engine ignores signals and does not
    /// terminate the process after `shutdown_grace`.
    ///
    /// If the process has the process ID 1, as it does in most containers, the engine only ignores signals once this
    /// method has been called. A signal that arrives earlier starts the drain, because otherwise it would be lost while
    /// the service is starting.
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
    /// This method is cancel safe. Dropping the returned future has no effect.
    pub fn drain_finished(&self) -> impl Future<Output = ()> + Send + use<> {
        self.engine.attend();
        Engine::stopped(Arc::clone(&self.engine))
    }
}

/// A task that has to be done before the service starts, returned by [`Health::startup_task`].
///
/// If the task is dropped before [`done`](Self::done) is called, for example because of an error or a panic, the
/// startup probe fails permanently, so that the orchestrator restarts the process.
#[must_use = "dropped without `done()` it fails the startup probe for good"]
#[derive(Debug)]
pub struct StartupTask {
    engine: Weak<Engine>,
    name: Arc<str>,
}

impl StartupTask {
    /// Marks the task as done, so that the service no longer waits for it.
    pub fn done(mut self) {
        if let Some(engine) = std::mem::take(&mut self.engine).upgrade() {
            engine.with(|core, now| {
                core.waits.remove_task(&self.name);
                core.close_task(true, now);
            });
        }
    }
}

impl Drop for StartupTask {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            let name = Arc::clone(&self.name);
            engine.with(|core, now| {
                core.waits.remove_task(&name);
                core.say(Event::TaskDropped { name });
                core.close_task(false, now);
            });
        }
    }
}

/// A guard that makes readiness fail until it is dropped, returned by [`Health::hold`].
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
                core.waits.remove_hold(&reason);
                core.say(Event::Released { reason });
                core.release();
            });
        }
    }
}
