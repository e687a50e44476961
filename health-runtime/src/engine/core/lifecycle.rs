//! The phase of the service: starting → running → draining. Also the holds on readiness, and the stages of the
//! shutdown.

use std::time::Duration;

use crate::outcome::Reason;
use crate::report::{Phase, StartObstacle};
use crate::spec::Probe;

use crate::engine::Time;
use crate::engine::core::servers::Servers;

/// The stage of the shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Stage {
    Serving,
    /// The drain is over: listeners close.
    Closing,
    /// Servers may stop.
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Lifecycle {
    /// A router exists: everything that starting waits for has been declared.
    armed: bool,
    manual: bool,
    tasks: usize,
    failed: bool,
    started: bool,
    /// Readiness has passed at least once.
    was_ready: bool,
    pub(in crate::engine::core) servers: Servers,
    draining: bool,
    holds: usize,
    /// When the drain is over.
    pub(in crate::engine::core) close_at: Option<Time>,
    /// When the listeners were told to close.
    closed_at: Option<Time>,
    signals: u32,
    /// The grace has begun: the process has to end within it.
    granted: bool,
}

impl Lifecycle {
    pub(in crate::engine) fn new(manual: bool) -> Self {
        Self {
            armed: false,
            manual,
            tasks: 0,
            failed: false,
            started: false,
            was_ready: false,
            servers: Servers::default(),
            draining: false,
            holds: 0,
            close_at: None,
            closed_at: None,
            signals: 0,
            granted: false,
        }
    }

    pub(in crate::engine) fn phase(&self) -> Phase {
        let is_starting = !self.started || self.servers.gate() == Some(Reason::Starting);
        match (self.draining, is_starting) {
            (true, _) => Phase::Draining,
            (false, false) => Phase::Running,
            (false, true) => Phase::Starting,
        }
    }

    /// Whether the service has started. It then stays started for good.
    pub(in crate::engine) fn is_started(&self) -> bool {
        self.started
    }

    /// What starting waits for, beside startup tasks and checks. The first match counts.
    pub(in crate::engine) fn obstacle(&self) -> Option<StartObstacle> {
        match () {
            () if self.failed && !self.started => Some(StartObstacle::TaskDropped),
            () if self.manual && !self.started => Some(StartObstacle::MarkStarted),
            () if !self.armed && !self.started => Some(StartObstacle::Probes),
            () if self.servers.gate() == Some(Reason::Starting) => Some(StartObstacle::Server),
            () => None,
        }
    }

    /// Why readiness fails, regardless of the checks. The first match counts.
    pub(in crate::engine) fn gate(&self, stalled: bool) -> Option<Reason> {
        if self.draining {
            Some(Reason::Draining)
        } else if stalled {
            Some(Reason::Stalled)
        } else if self.holds > 0 {
            Some(Reason::Held)
        } else if !self.started {
            Some(Reason::Starting)
        } else {
            self.servers.gate()
        }
    }

    /// Whether the answer of this probe does not depend on its checks, so that it need not wait for them.
    pub(in crate::engine) fn blocks(&self, probe: Probe) -> bool {
        let by_hand = !self.started && (!self.armed || self.manual || self.tasks > 0 || self.failed);
        match probe {
            Probe::Liveness => false,
            Probe::Startup => self.started || by_hand,
            Probe::Readiness | Probe::Health => {
                self.draining || self.holds > 0 || by_hand || self.servers.gate().is_some()
            }
        }
    }

    pub(in crate::engine) fn arm(&mut self) {
        self.armed = true;
    }

    pub(in crate::engine) fn mark_started(&mut self) {
        self.manual = false;
    }

    /// Adds a task that starting waits for. Returns `false` after the start, because nothing waits for the task then.
    pub(in crate::engine) fn open_task(&mut self) -> bool {
        if !self.started {
            self.tasks += 1;
        }
        !self.started
    }

    pub(in crate::engine) fn close_task(&mut self, done: bool) {
        self.tasks -= 1;
        self.failed |= !done;
    }

    /// Whether the start waits for a task that may still be done. It is over once a task was dropped.
    #[cfg(all(unix, feature = "systemd"))]
    pub(in crate::engine) fn is_working(&self) -> bool {
        self.tasks > 0 && !self.failed && !self.draining
    }

    pub(in crate::engine) fn ready(&mut self) {
        self.was_ready = true;
    }

    pub(in crate::engine) fn hold(&mut self) {
        self.holds += 1;
    }

    pub(in crate::engine) fn release(&mut self) {
        self.holds -= 1;
    }

    /// Latches the start, if nothing is missing. Returns whether this call has started the service.
    pub(in crate::engine) fn try_start(&mut self, checks_passed: bool) -> bool {
        let complete = self.armed && !self.manual && self.tasks == 0 && !self.failed && checks_passed;
        let now = complete && !self.started && !self.draining;
        self.started |= now;
        now
    }

    /// The stage of the shutdown. No stage is skipped, even if a tick is late. A server that stops closes the
    /// connections from which it has read nothing. So servers stop only after the listeners have settled, or after half
    /// of the grace.
    pub(in crate::engine) fn stage(&mut self, now: Time, grace: Duration, has_settled: impl FnOnce() -> bool) -> Stage {
        if self.close_at.is_none_or(|at| now < at) {
            return Stage::Serving;
        }
        let Some(closed) = self.closed_at else {
            self.closed_at = Some(now);
            return Stage::Closing;
        };
        if now >= closed + grace / 2 || has_settled() {
            Stage::Stopped
        } else {
            Stage::Closing
        }
    }

    /// Counts a signal, and returns how many have come.
    pub(in crate::engine) fn signalled(&mut self) -> u32 {
        self.signals += 1;
        self.signals
    }

    /// Whether the drain has begun and is not over.
    pub(in crate::engine) fn is_waiting(&self, now: Time) -> bool {
        self.close_at.is_some_and(|at| now < at)
    }

    /// Ends the drain now, if it has begun.
    pub(in crate::engine) fn close_now(&mut self, now: Time) {
        self.close_at = self.close_at.map(|at| at.min(now));
    }

    /// Whether a signal has come and the grace has not begun yet. Without a signal, for example after a call of
    /// `drain()`, the process may continue to run.
    pub(in crate::engine) fn is_leaving(&self) -> bool {
        self.signals > 0 && !self.granted
    }

    /// Notes that the drain is over. After a signal, the process has to end within the grace. Returns whether the grace
    /// begins now.
    pub(in crate::engine) fn grant(&mut self) -> bool {
        let begins = self.is_leaving();
        self.granted |= begins;
        begins
    }

    /// Begins the drain, for good. Returns how long it lasts, or `None` if the service already drains. A service that
    /// was never ready has received no requests, so it does not wait. A service without probes waits if it has a
    /// server, because clients send requests without asking a probe.
    pub(in crate::engine) fn drain(&mut self, drain: Duration, now: Time) -> Option<Duration> {
        if std::mem::replace(&mut self.draining, true) {
            return None;
        }
        let is_unasked = !self.armed && self.servers.serve();
        let drain = if self.was_ready || is_unasked {
            drain
        } else {
            Duration::ZERO
        };
        self.close_at = Some(now + drain);
        Some(drain)
    }
}
