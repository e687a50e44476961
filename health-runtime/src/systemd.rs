//! Reports the start, the end and the status of the service to systemd, and sends pings to its watchdog.

#[cfg(unix)]
mod environment;
#[cfg(unix)]
#[cfg(unix)]
mod notices;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod task;

use crate::health::Health;

impl Health {
    /// Reports the start, the end and the status of the service to systemd, and sends pings to its watchdog. A unit
    /// with `Type=notify` and `WatchdogSec=` needs nothing else. The page on [systemd](crate::_documentation::systemd)
    /// has a complete unit file.
    ///
    /// | message to systemd | when |
    /// |---|---|
    /// | `READY=1` | once, when the [phase](Self::phase) is running: the service has started, and its server accepts connections. A failing readiness check does not delay it |
    /// | `STATUS=…` | when readiness, its reason, or the checks that are not healthy have changed, at most once a second: `degraded: payments (timeout)` |
    /// | `WATCHDOG=1` | at half of `WatchdogSec=`, while the liveness probe passes |
    /// | `EXTEND_TIMEOUT_USEC=30000000` | every 10 s while a [startup task](Self::startup_task) runs, so that systemd does not end a long migration after `TimeoutStartSec=` |
    /// | `STOPPING=1` | once, when the drain starts |
    ///
    /// This method starts one task on the runtime that the checks run on. If every worker of that runtime is blocked,
    /// the task cannot run. systemd then gets no ping, and restarts the service. The same happens if the liveness probe
    /// keeps failing.
    ///
    /// The task does not keep the engine alive. When the last [`Health`] is dropped, the pings end. So keep a `Health`
    /// until `main` returns. Otherwise, systemd restarts a process that still works.
    ///
    /// If the process was not started by systemd (`NOTIFY_SOCKET` is not set), and on systems other than Unix, nothing
    /// is sent. If the socket cannot be used, the service runs as usual, and the log contains a warning with the cause.
    /// The service never waits for systemd.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for. A worker without HTTP probes needs no other call to start.
    ///
    /// Calling this method again has no effect. If a process has several engines, only the first one that calls this
    /// method is reported, because systemd has one status for the whole process. When another engine calls it, the log
    /// contains a warning. After the first engine has shut down, another engine can call this method.
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
