//! Tells systemd about the service: the start, the end, the status, and the watchdog.

#[cfg(unix)]
mod environment;
#[cfg(unix)]
mod headline;
#[cfg(unix)]
mod notices;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod task;

use crate::health::Health;

impl Health {
    /// Tells systemd when the service has started, when it stops, how it is, and that it still runs. It is all that a
    /// unit with `Type=notify` and `WatchdogSec=` needs. The page on [systemd](crate::_documentation::systemd) has a
    /// unit file to start from.
    ///
    /// | notice | when |
    /// |---|---|
    /// | `READY=1` | once, when the [phase](Self::phase) is running: the service has started, and its server accepts connections. A failing readiness check does not delay it |
    /// | `STATUS=…` | when readiness, its reason, or the checks that fail have changed, at most once a second: `degraded: payments (timeout)` |
    /// | `WATCHDOG=1` | at half of `WatchdogSec=`, while the liveness probe passes |
    /// | `EXTEND_TIMEOUT_USEC=30000000` | every 10 s while a [startup task](Self::startup_task) runs, so that a long migration does not end at `TimeoutStartSec=` |
    /// | `STOPPING=1` | once, when the drain starts |
    ///
    /// This method starts one task on the runtime that the checks run on. If every worker of that runtime is blocked,
    /// the task cannot run. systemd then gets no ping, and restarts the service. The same happens if the liveness probe
    /// keeps failing. The task does not keep the engine alive, and ends with it. So keep a [`Health`] until `main`
    /// returns, or the pings end while the process still works.
    ///
    /// Outside of systemd (`NOTIFY_SOCKET` is not set), nothing is sent, and no task is started. If the socket cannot
    /// be used, the service runs as usual, and the log says why once. Nothing ever waits for systemd.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Like a router, it counts as a sign that everything
    /// that the start waits for has been declared: once it has been called, the service starts as soon as there is
    /// nothing left to wait for. A worker without HTTP needs nothing else.
    ///
    /// Calling this method again has no effect. systemd knows the process and not its engines, so if a process has
    /// several engines, only the first one that calls this method is reported, as long as it exists; for the others,
    /// the log has a warning.
    ///
    /// ```no_run
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// health.notify_systemd();
    /// // … the worker
    /// health.shutdown_signal().await;
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "systemd")))]
    pub fn notify_systemd(&self) {
        self.engine.arm();
        #[cfg(unix)]
        task::start(&self.engine);
    }
}
