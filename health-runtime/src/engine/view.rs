//! [`View`]: what is published. It is immutable, made under the lock, and read without the lock.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use crate::engine::core::moment::Moment;
use crate::engine::core::waits::Waits;
use crate::engine::selection::{WHOLE, clamped};
use crate::engine::{Said, State, Time};
use crate::outcome::{Reason, Status};
use crate::report::{Audience, Phase, StartObstacle};
use crate::spec::Probe;

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) standing: Standing,
    pub(crate) life: Life,
    /// What each check contributes to its probes. Stored apart, so that a pass over all checks touches little memory.
    briefs: Box<[Brief]>,
    last_runs: Box<[LastRun]>,
    /// The failing check that causes each failure. `None` if no failure has a cause.
    causes: Option<Box<[Option<usize>]>>,
    verdicts: [State; 4],
    /// They belong to `http`, but a cell without a type costs each probe 68 instructions more.
    bodies: [[OnceLock<Bytes>; 4]; 2],
    /// The bodies in other formats and those of the service's own, for each audience. Allocated when one of them is
    /// asked for.
    other_bodies: OnceLock<Box<[[OnceLock<Bytes>; 2]]>>,
}

/// The state of the service itself at the time of the view, without its checks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// When the view was made.
    pub(crate) at: Time,
    pub(crate) phase: Phase,
    /// Why readiness fails whatever the checks say.
    pub(crate) gate: Option<Reason>,
    pub(crate) started: bool,
    /// The runtime runs nothing any more.
    pub(crate) stalled: bool,
    /// How long the runtime takes to run something new, if the runtime is watched.
    pub(crate) lag: Option<Duration>,
}

/// Where the service is in its life at the time of the view, for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    /// Since when each probe has had its status.
    pub(crate) verdicts_since: [Time; 4],
    pub(crate) phase_since: Time,
    pub(crate) waits: Waits,
    /// The first startup checks that have not passed yet.
    pub(crate) startup_checks: Vec<usize>,
    /// What starting waits for, beside startup tasks and checks.
    pub(crate) obstacle: Option<StartObstacle>,
    /// When the drain is over.
    pub(crate) closes_at: Option<Time>,
}

/// What a check contributes to its probes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brief {
    pub(crate) state: State,
    pub(crate) critical: bool,
    /// The probes it is in, as bits.
    pub(crate) probes: u8,
}

const _: () = assert!(size_of::<Brief>() == 4 && size_of::<LastRun>() <= 56);

/// The last finished run of a check at the time of the view, and what is known about its runs.
#[derive(Clone, Debug)]
pub(crate) struct LastRun {
    /// Since when the check has had its state.
    pub(crate) since: Moment,
    /// When a run last passed.
    pub(crate) succeeded: Option<Moment>,
    /// How many runs in a row have failed.
    pub(crate) failures: u32,
    /// A run is in flight.
    pub(crate) running: bool,
    /// When the next run is planned.
    pub(crate) next: Option<Moment>,
    /// The state that it returned, before thresholds, `fail_open` and the breaker.
    pub(crate) raw: Option<State>,
    /// How long it took.
    pub(crate) latency: Option<Duration>,
    /// When it ended.
    pub(crate) ended: Option<Moment>,
    pub(crate) said: Option<Arc<Said>>,
}

/// Some checks of a probe.
#[derive(Debug)]
pub(crate) struct Part {
    /// Their state for this probe.
    pub(crate) state: State,
    /// The checks that come first in a report.
    pub(crate) first: Vec<usize>,
    /// How many checks there are.
    pub(crate) count: usize,
}

impl View {
    pub(crate) fn new(
        briefs: Box<[Brief]>,
        last_runs: Box<[LastRun]>,
        causes: Option<Box<[Option<usize>]>>,
        standing: Standing,
    ) -> Self {
        let mut view = Self {
            standing,
            life: Life::default(),
            briefs,
            last_runs,
            causes,
            verdicts: [State::unhealthy(Reason::Starting); 4],
            bodies: Default::default(),
            other_bodies: OnceLock::new(),
        };
        let mut worst = Worst::default();
        for brief in &view.briefs {
            worst.take(*brief);
        }
        view.verdicts = Probe::ALL.map(|probe| view.judge(probe, worst));
        view
    }

    /// The state of the probe.
    pub(crate) fn verdict(&self, probe: Probe) -> State {
        self.verdicts[probe as usize]
    }

    /// Whether readiness fails only because first results are missing. That is not an incident.
    pub(crate) fn is_only_pending(&self) -> bool {
        let is_pending = |index: usize| self.briefs[index].state.reason == Some(Reason::Pending);
        let mut failing = self.failing().peekable();
        self.standing.gate.is_none() && failing.peek().is_some() && failing.all(is_pending)
    }

    /// The checks that make readiness fail.
    pub(crate) fn failing(&self) -> impl Iterator<Item = usize> {
        let briefs = self.briefs(Probe::Readiness, WHOLE);
        let failing = briefs.filter(|(_, brief)| brief.critical && !brief.state.passes());
        failing.map(|(index, _)| index)
    }

    /// The body of the probe for this audience. The first call renders it.
    pub(crate) fn body(&self, probe: Probe, audience: Audience, render: impl FnOnce() -> Bytes) -> &Bytes {
        self.bodies[audience as usize][probe as usize].get_or_init(render)
    }

    /// A body in another format or of the service's own, one of `count`. The first call renders it.
    pub(crate) fn other_body(
        &self,
        index: usize,
        count: usize,
        audience: Audience,
        render: impl FnOnce() -> Bytes,
    ) -> &Bytes {
        let bodies = self
            .other_bodies
            .get_or_init(|| (0..count).map(|_| Default::default()).collect());
        bodies[index][audience as usize].get_or_init(render)
    }

    /// The checks in these ranges that are in the probe.
    pub(crate) fn briefs(&self, probe: Probe, ranges: &[Range<usize>]) -> impl Iterator<Item = (usize, Brief)> {
        let ranges = ranges.iter().map(|range| clamped(range, self.briefs.len()));
        let briefs = ranges.flat_map(|range| range.clone().zip(&self.briefs[range]));
        briefs
            .filter(move |(_, brief)| brief.probes & probe.bit() != 0)
            .map(|(index, brief)| (index, *brief))
    }

    pub(crate) fn brief(&self, index: usize) -> Brief {
        self.briefs[index]
    }

    /// The failing check that causes the failure of this one.
    pub(crate) fn cause(&self, index: usize) -> Option<usize> {
        self.causes.as_ref()?[index]
    }

    pub(crate) fn last_run(&self, index: usize) -> &LastRun {
        &self.last_runs[index]
    }

    /// The checks in these ranges that are in the probe: their state and number, and the indices of at most `limit` of
    /// them. Takes one pass.
    pub(crate) fn part(&self, probe: Probe, ranges: &[Range<usize>], limit: usize) -> Part {
        let (mut worst, mut count) = (Worst::default(), 0);
        let mut by_urgency: [Vec<usize>; 4] = Default::default();
        for (index, brief) in self.briefs(probe, ranges) {
            count += 1;
            worst.take(brief);
            let alike = &mut by_urgency[brief.urgency(probe)];
            if alike.len() < limit {
                alike.push(index);
            }
        }
        let first = self.under_their_causes(probe, ranges, &by_urgency.concat(), limit);
        Part {
            state: self.judge(probe, worst),
            first,
            count,
        }
    }

    /// At most `limit` of these checks, each one directly below its cause, if the cause is among the checks that the
    /// report is about.
    fn under_their_causes(&self, probe: Probe, ranges: &[Range<usize>], checks: &[usize], limit: usize) -> Vec<usize> {
        let mut ordered = checks.to_vec();
        if self.causes.is_some() {
            let is_shown = |index: usize| {
                let brief = self.briefs[index];
                brief.probes & probe.bit() != 0 && ranges.iter().any(|range| range.contains(&index))
            };
            let root = |index: usize| self.cause(index).filter(|cause| is_shown(*cause)).unwrap_or(index);
            let mut places = BTreeMap::new();
            for (place, index) in checks.iter().enumerate() {
                places.entry(root(*index)).or_insert(place);
            }
            let listed: BTreeSet<_> = checks.iter().collect();
            ordered.extend(places.keys().filter(|root| !listed.contains(root)));
            ordered.sort_by_key(|index| (places[&root(*index)], *index != root(*index)));
        }
        ordered.truncate(limit);
        ordered
    }

    /// The state of the probe for checks with this worst state.
    fn judge(&self, probe: Probe, worst: Worst) -> State {
        match probe {
            Probe::Liveness => self.alive(worst.alive),
            Probe::Startup if self.standing.started => State::HEALTHY,
            Probe::Startup => State::unhealthy(Reason::Starting),
            Probe::Readiness => self.gated(worst.ready),
            Probe::Health => {
                let any = State::of(worst.any).capped(Status::Degraded);
                let (ready, alive) = (self.gated(worst.ready), self.alive(worst.alive));
                any.worse(ready).worse(alive)
            }
        }
    }

    /// The state of a probe that asks about one check: the state of the check, unless the service itself fails the
    /// probe. A reason here is that of the service. The reason of the check is in the check's own entry.
    pub(crate) fn judge_one(&self, probe: Probe, index: usize) -> State {
        let brief = self.briefs[index];
        match probe {
            Probe::Liveness => self.alive(brief.alive()),
            Probe::Startup => State::of(brief.state.status),
            Probe::Readiness | Probe::Health => self.gated(brief.state.status),
        }
    }

    /// Liveness passes while the service drains, even if parts of the service have been shut down already: a restart
    /// would cut off the requests that are being finished.
    fn alive(&self, worst: Status) -> State {
        let alive = if self.standing.stalled {
            State::unhealthy(Reason::Stalled)
        } else {
            State::of(worst)
        };
        if self.standing.phase == Phase::Draining {
            alive.capped(Status::Degraded)
        } else {
            alive
        }
    }

    fn gated(&self, worst: Status) -> State {
        self.standing.gate.map_or(State::of(worst), State::unhealthy)
    }
}

/// The worst state of some checks, for each probe.
#[derive(Clone, Copy, Debug)]
struct Worst {
    ready: Status,
    alive: Status,
    /// Like `ready`, but also for checks that are not in the readiness probe.
    any: Status,
}

impl Default for Worst {
    fn default() -> Self {
        let [ready, alive, any] = [Status::Healthy; 3];
        Self { ready, alive, any }
    }
}

impl Worst {
    fn take(&mut self, brief: Brief) {
        if brief.state.status == Status::Healthy {
            return; // the usual case
        }
        let ready = brief.ready();
        self.any = self.any.max(ready);
        if brief.probes & Probe::Readiness.bit() != 0 {
            self.ready = self.ready.max(ready);
        }
        if brief.probes & Probe::Liveness.bit() != 0 {
            self.alive = self.alive.max(brief.alive());
        }
    }
}

impl Brief {
    /// A failure of a check that is not critical only degrades.
    fn ready(self) -> Status {
        match self.state.status {
            Status::Unhealthy if !self.critical => Status::Degraded,
            status => status,
        }
    }

    /// Liveness fails only on evidence, because its failure restarts the process. A failure without evidence only
    /// degrades.
    fn alive(self) -> Status {
        match self.state.status {
            Status::Unhealthy if !self.state.reason.is_some_and(Reason::is_evidence) => Status::Degraded,
            status => status,
        }
    }

    /// The rank in this probe's report: critical failures come first, then other failures, degraded checks, healthy
    /// checks.
    fn urgency(self, probe: Probe) -> usize {
        let is_alive = probe == Probe::Health && self.probes & Probe::Liveness.bit() != 0;
        match self.state.status {
            Status::Unhealthy if self.critical || is_alive => 0,
            Status::Unhealthy => 1,
            Status::Degraded => 2,
            Status::Healthy => 3,
        }
    }
}
