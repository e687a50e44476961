//! What probes are answered from: immutable, made under the lock, read without it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use super::State;
use crate::outcome::{Reason, Status};
use crate::parts::PartList;
use crate::report::{Audience, Phase};
use crate::spec::Probe;

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) standing: Standing,
    rows: Box<[Row]>,
    verdicts: [State; 4],
    bodies: [[OnceLock<Bytes>; 4]; 2],
}

/// Where the service stands at the time of the view, whatever its checks say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) phase: Phase,
    /// Why readiness fails.
    pub(crate) gate: Option<Reason>,
    pub(crate) started: bool,
    /// The runtime runs nothing any more.
    pub(crate) stalled: bool,
    /// How long the runtime takes to run something new, if that is watched.
    pub(crate) lag: Option<Duration>,
}

/// One check at the time of the view.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) state: State,
    /// What the last finished run said by itself.
    pub(crate) raw: Option<State>,
    pub(crate) critical: bool,
    pub(crate) probes: u8,
    /// Of the last finished run.
    pub(crate) latency: Option<Duration>,
    pub(crate) age: Option<Duration>,
    pub(crate) message: Option<Arc<str>>,
    pub(crate) parts: Option<Arc<PartList>>,
}

impl View {
    pub(crate) fn new(rows: Box<[Row]>, standing: Standing) -> Self {
        let mut view = Self {
            standing,
            rows,
            verdicts: [State::unhealthy(Reason::Starting); 4],
            bodies: Default::default(),
        };
        view.verdicts = Probe::ALL.map(|probe| view.judge(probe, |_| true));
        view
    }

    /// What the probe says.
    pub(crate) fn verdict(&self, probe: Probe) -> State {
        self.verdicts[probe as usize]
    }

    /// Whether readiness fails for nothing but first results that are still to come: no incident.
    pub(crate) fn is_only_pending(&self) -> bool {
        let is_pending = |index: usize| self.rows[index].state.reason == Some(Reason::Pending);
        let mut failing = self.failing().peekable();
        self.standing.gate.is_none() && failing.peek().is_some() && failing.all(is_pending)
    }

    /// The checks for which readiness fails.
    pub(crate) fn failing(&self) -> impl Iterator<Item = usize> {
        let rows = self.rows(Probe::Readiness);
        let failing = rows.filter(|(_, row)| row.critical && !row.state.passes());
        failing.map(|(index, _)| index)
    }

    /// The probe's body for this audience, rendered when it is first asked for.
    pub(crate) fn body(&self, probe: Probe, audience: Audience, render: impl FnOnce() -> Bytes) -> &Bytes {
        self.bodies[audience as usize][probe as usize].get_or_init(render)
    }

    /// The checks in the probe.
    pub(crate) fn rows(&self, probe: Probe) -> impl Iterator<Item = (usize, &Row)> + Clone {
        let rows = self.rows.iter().enumerate();
        rows.filter(move |(_, row)| row.probes & probe.bit() != 0)
    }

    /// What the probe says of those of its checks that are included.
    pub(crate) fn judge(&self, probe: Probe, included: impl Fn(usize) -> bool + Copy) -> State {
        let rows = |probe| {
            let rows = self.rows(probe).filter(move |(index, _)| included(*index));
            rows.map(|(_, row)| row)
        };
        match probe {
            Probe::Liveness => self.alive(rows(probe)),
            Probe::Startup if self.standing.started => State::HEALTHY,
            Probe::Startup => State::unhealthy(Reason::Starting),
            Probe::Readiness => self.gated(readiness(rows(probe))),
            Probe::Health => {
                let alive = self.alive(rows(Probe::Liveness));
                let ready = self.gated(readiness(rows(Probe::Readiness)));
                let any = readiness(rows(Probe::Health)).capped(Status::Degraded);
                [ready, alive].into_iter().fold(any, State::worse)
            }
        }
    }

    /// What the probe says of one of its checks: the check's own state.
    pub(crate) fn judge_one(&self, probe: Probe, index: usize) -> State {
        let row = &self.rows[index];
        match probe {
            Probe::Liveness => self.alive([row].into_iter()),
            Probe::Startup => row.state,
            Probe::Readiness | Probe::Health => self.gated(row.state),
        }
    }

    /// Liveness passes while draining, whatever has been shut down already: a restart would cut off the requests that
    /// are being finished.
    fn alive<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> State {
        let alive = if self.standing.stalled {
            State::unhealthy(Reason::Stalled)
        } else {
            liveness(rows)
        };
        if self.standing.phase == Phase::Draining {
            alive.capped(Status::Degraded)
        } else {
            alive
        }
    }

    fn gated(&self, state: State) -> State {
        self.standing.gate.map_or(state, State::unhealthy)
    }
}

/// A critical check unhealthy → unhealthy; a non-critical one unhealthy, or any degraded → degraded; else healthy.
fn readiness<'a>(rows: impl Iterator<Item = &'a Row>) -> State {
    let contribution = |row: &Row| match row.state.status {
        Status::Unhealthy if !row.critical => Status::Degraded,
        status => status,
    };
    State::of(rows.map(contribution).max())
}

/// Fails on evidence alone, since failing restarts the process: not knowing degrades.
fn liveness<'a>(rows: impl Iterator<Item = &'a Row>) -> State {
    let contribution = |row: &Row| match row.state.status {
        Status::Unhealthy if !row.state.reason.is_some_and(Reason::is_evidence) => Status::Degraded,
        status => status,
    };
    State::of(rows.map(contribution).max())
}

impl State {
    /// Of an aggregate: the reasons stand with its parts.
    fn of(worst: Option<Status>) -> Self {
        Self {
            status: worst.unwrap_or(Status::Healthy),
            reason: None,
        }
    }

    fn worse(self, other: Self) -> Self {
        if other.status > self.status { other } else { self }
    }

    fn capped(self, status: Status) -> Self {
        Self {
            status: self.status.min(status),
            ..self
        }
    }
}
