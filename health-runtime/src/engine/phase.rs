//! Where the service is between its start and its end: starting → running → draining, and who holds it back.

use std::time::Duration;

use crate::outcome::Reason;
use crate::report::Phase;
use crate::spec::Probe;

use super::Time;

/// How far the end of the service has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
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
    pub(super) started: bool,
    draining: bool,
    holds: usize,
    /// When the drain is over.
    pub(super) close_at: Option<Time>,
    /// When the listeners were told to close.
    closed_at: Option<Time>,
    /// When a signalled process that has not ended is ended.
    exit_at: Option<Time>,
    pub(super) signals: u32,
}

impl Lifecycle {
    pub(super) fn new(manual: bool) -> Self {
        Self {
            armed: false,
            manual,
            tasks: 0,
            failed: false,
            started: false,
            draining: false,
            holds: 0,
            close_at: None,
            closed_at: None,
            exit_at: None,
            signals: 0,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match (self.draining, self.started) {
            (true, _) => Phase::Draining,
            (false, true) => Phase::Running,
            (false, false) => Phase::Starting,
        }
    }

    /// Why readiness fails whatever the checks say: the first that matches.
    pub(super) fn gate(&self, stalled: bool) -> Option<Reason> {
        if self.draining {
            Some(Reason::Draining)
        } else if stalled {
            Some(Reason::Stalled)
        } else if self.holds > 0 {
            Some(Reason::Held)
        } else if !self.started {
            Some(Reason::Starting)
        } else {
            None
        }
    }

    /// Whether this probe fails or passes whatever its checks say, and waiting for them is of no use.
    pub(super) fn blocks(&self, probe: Probe) -> bool {
        let by_hand = !self.started && (!self.armed || self.manual || self.tasks > 0 || self.failed);
        match probe {
            Probe::Liveness => false,
            Probe::Startup => self.started || by_hand,
            Probe::Readiness | Probe::Health => self.draining || self.holds > 0 || by_hand,
        }
    }

    pub(super) fn arm(&mut self) {
        self.armed = true;
    }

    pub(super) fn mark_started(&mut self) {
        self.manual = false;
    }

    /// Adds a task that starting waits for. After the start there is nothing to wait: returns `false`.
    pub(super) fn open_task(&mut self) -> bool {
        if !self.started {
            self.tasks += 1;
        }
        !self.started
    }

    pub(super) fn close_task(&mut self, done: bool) {
        self.tasks -= 1;
        self.failed |= !done;
    }

    pub(super) fn hold(&mut self) {
        self.holds += 1;
    }

    pub(super) fn release(&mut self) {
        self.holds -= 1;
    }

    /// Latches the start, if nothing is missing. Returns whether it has just happened.
    pub(super) fn try_start(&mut self, checks_passed: bool) -> bool {
        let complete = self.armed && !self.manual && self.tasks == 0 && !self.failed && checks_passed;
        let now = complete && !self.started && !self.draining;
        self.started |= now;
        now
    }

    /// How far the end has come. No stage is skipped, however late a tick. Servers that stop close the connections of
    /// which they have read nothing: so they wait until the listeners have settled, for half of the grace at most.
    pub(super) fn stage(&mut self, now: Time, grace: Duration, has_settled: impl FnOnce() -> bool) -> Stage {
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

    /// Notes that the servers may stop. Only a process that was told to end by a signal is ended if it does not: after a
    /// drain by hand it may have other plans.
    pub(super) fn stopped(&mut self, now: Time, grace: Duration) {
        if self.signals > 0 {
            self.exit_at.get_or_insert(now + grace);
        }
    }

    /// In how long the process is to be ended if it does not end by itself, whether or not the engine lives on.
    pub(super) fn exits_in(&self, now: Time) -> Option<Duration> {
        self.exit_at.map(|at| at.saturating_sub(now))
    }

    /// Begins to drain, for good. Returns whether it has just happened.
    pub(super) fn drain(&mut self) -> bool {
        !std::mem::replace(&mut self.draining, true)
    }
}
