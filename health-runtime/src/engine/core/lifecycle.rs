//! Where the service is between its start and its end: starting → running → draining, and who holds it back.

use std::time::Duration;

use crate::outcome::Reason;
use crate::report::Phase;
use crate::spec::Probe;

use crate::engine::Time;
use crate::engine::core::servers::Servers;

/// How far the end of the service has come.
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
    /// A router exists, so that whatever starting waits for has been declared.
    armed: bool,
    manual: bool,
    tasks: usize,
    failed: bool,
    pub(in crate::engine) started: bool,
    /// Readiness has passed at least once.
    was_ready: bool,
    pub(in crate::engine) servers: Servers,
    draining: bool,
    holds: usize,
    /// When the drain is over.
    pub(in crate::engine) close_at: Option<Time>,
    /// When the listeners were told to close.
    closed_at: Option<Time>,
    signals: u32,
    /// The process was given its time to end.
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

    /// Why readiness fails whatever the checks say: the first that matches.
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

    /// Whether this probe fails or passes whatever its checks say, and waiting for them is of no use.
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

    /// Adds a task that starting waits for. After the start there is nothing to wait: returns `false`.
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

    pub(in crate::engine) fn ready(&mut self) {
        self.was_ready = true;
    }

    pub(in crate::engine) fn hold(&mut self) {
        self.holds += 1;
    }

    pub(in crate::engine) fn release(&mut self) {
        self.holds -= 1;
    }

    /// Latches the start, if nothing is missing. Returns whether it has just happened.
    pub(in crate::engine) fn try_start(&mut self, checks_passed: bool) -> bool {
        let complete = self.armed && !self.manual && self.tasks == 0 && !self.failed && checks_passed;
        let now = complete && !self.started && !self.draining;
        self.started |= now;
        now
    }

    /// The stage of the end. No stage is skipped, even if a tick is late. When servers stop, they close the connections from
    /// which they have read nothing. So they stop only after the listeners have settled, or after half of the grace.
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

    /// Notes a signal, and returns how many have come.
    pub(in crate::engine) fn signalled(&mut self) -> u32 {
        self.signals += 1;
        self.signals
    }

    /// Whether the drain has begun and is not over.
    pub(in crate::engine) fn is_waiting(&self, now: Time) -> bool {
        self.close_at.is_some_and(|at| now < at)
    }

    /// The drain is over now, if it has begun.
    pub(in crate::engine) fn close_now(&mut self, now: Time) {
        self.close_at = self.close_at.map(|at| at.min(now));
    }

    /// Whether a signal has begun its drain, and the drain is not over. After a call of `drain()` the service may go on.
    pub(in crate::engine) fn is_leaving(&self) -> bool {
        self.signals > 0 && !self.granted
    }

    /// The drain is over: the process has to end within the grace. Returns whether the grace begins now.
    pub(in crate::engine) fn grant(&mut self) -> bool {
        let begins = self.is_leaving();
        self.granted |= begins;
        begins
    }

    /// Begins to drain, for good. Returns for how long, or `None` if it drains already. A service that was never ready has
    /// received no requests, so it does not wait. A service without probes waits, because clients send requests anyway.
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
