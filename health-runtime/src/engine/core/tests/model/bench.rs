//! A core and the reference, side by side. Each operation is applied to both, and then both have to give the same
//! answers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::super::super::{Plan, State, View};
use super::super::super::snapshot::Until;
use super::super::{BUDGET, Sim, TICK, Time, ms};
use super::history::{Check, Finished, History, Run};
use super::ops::{Op, Service};
use super::runs::Cause;
use crate::outcome::{Reason, Status};
use crate::spec::{Defaults, Probe};

/// How often each answer was given.
pub(super) type Seen = BTreeMap<String, u64>;

/// `Err` says what is wrong.
pub(super) type Verdict = Result<(), String>;

pub(super) struct Bench {
    pub(super) sim: Sim,
    pub(super) history: History,
    /// The view that answers the probes, and until when it is valid.
    pub(super) view: Option<(View, Until)>,
    /// The time from which each probe has to look at the core.
    pub(super) asked_for: [Time; 4],
    /// How many guards of startup tasks there are.
    tasks: u32,
    /// Whether the runtime runs beats.
    runs_beats: bool,
    /// Whether a beat is under way.
    pub(super) has_beat: bool,
    /// When the last run of each check ended.
    pub(super) idle: Vec<Time>,
    /// When each check last started by its interval. `None` if a freeze or an earlier retry has changed its schedule
    /// since.
    pub(super) paced: Vec<Option<Time>>,
    /// Whether a run of each check was requested and has not started yet.
    pub(super) wished: Vec<bool>,
    /// When each check last started.
    pub(super) started: Vec<Option<Time>>,
    /// Whether each check may run before its interval is over, because it has failed.
    pub(super) retries: Vec<bool>,
    /// By when each check has to run, because a run was requested.
    pub(super) promised: Vec<Option<Time>>,
    /// The awake time at which the last run of each check started.
    pub(super) since: Vec<Time>,
    /// Whether the last finished run of each check took longer than the probe budget, or timed out.
    pub(super) hangs: Vec<bool>,
}

macro_rules! must {
    ($promise:expr, $($broken:tt)+) => {
        if !$promise {
            return Err(format!($($broken)+));
        }
    };
}
pub(super) use must;

fn same(what: impl std::fmt::Display, core: State, (status, reason): (Status, Option<Reason>)) -> Verdict {
    let reference = State { status, reason };
    must!(
        core == reference,
        "{what}: the core says {core:?}, the reference {reference:?}"
    );
    Ok(())
}

impl Bench {
    pub(super) fn new(service: &Service) -> Self {
        let checks = service.specs.iter().map(|spec| Check {
            plan: Plan::new(spec.clone(), Defaults::default()),
            is_disabled: spec.name() == "disabled",
            run: Run::None,
            finished: Vec::new(),
        });
        let mut bench = Self {
            sim: Sim::seeded(service.specs.iter().cloned(), service.is_manual, service.seed),
            history: History {
                checks: checks.collect(),
                is_marked: !service.is_manual,
                stalled_after: service.stalled_after.map(|limit| (ms(limit), Time::ZERO)),
                ..History::default()
            },
            view: None,
            asked_for: [Time::ZERO; 4],
            tasks: 0,
            runs_beats: true,
            has_beat: false,
            idle: vec![Time::ZERO; service.specs.len()],
            paced: vec![None; service.specs.len()],
            wished: vec![false; service.specs.len()],
            started: vec![None; service.specs.len()],
            retries: vec![false; service.specs.len()],
            promised: vec![None; service.specs.len()],
            since: vec![Time::ZERO; service.specs.len()],
            hangs: vec![false; service.specs.len()],
        };
        if let Some(limit) = service.stalled_after {
            bench.sim.core.watch(ms(limit), Time::ZERO);
        }
        bench.follow(Cause::Time).expect("the first runs may start");
        bench.poll();
        bench
    }

    /// Applies the operation to both, and compares their answers.
    pub(super) fn step(&mut self, op: Op, seen: &mut Seen) -> Verdict {
        self.apply(op)?;
        self.follow(Cause::Wish)?;
        self.compare(seen)
    }

    fn apply(&mut self, op: Op) -> Verdict {
        let (core, history, now) = (&mut self.sim.core, &mut self.history, self.sim.now);
        match op {
            Op::Pass(time) => self.pass(ms(time))?,
            Op::Freeze(time) => {
                self.sim.freeze(ms(time));
                history.now = self.sim.now;
            }
            Op::Poll => self.poll(),
            Op::Finish(which, state) => {
                let checks = history.checks.iter().enumerate();
                let running: Vec<_> = checks.filter(|(_, check)| check.run != Run::None).collect();
                if let Some((index, _)) = running.get(which % running.len().max(1)).copied() {
                    self.finish(index, state);
                    self.granted(index)?;
                }
            }
            Op::Ask(probe) => self.ask(probe)?,
            Op::Request(index) => {
                let index = index % history.checks.len();
                core.request(index, now);
                self.wished[index] = true;
                self.granted(index)?;
            }
            Op::Hold => {
                core.hold();
                history.holds += 1;
            }
            Op::Release if history.holds > 0 => {
                core.release();
                history.holds -= 1;
            }
            Op::Drain => {
                core.drain(ms(10_000), now);
                history.is_draining = true;
            }
            Op::OpenTask => {
                must!(core.open_task() != history.is_started, "a task is not waited for");
                history.tasks += u32::from(!history.is_started);
                self.tasks += u32::from(!history.is_started);
            }
            Op::CloseTask(done) if self.tasks > 0 => {
                core.close_task(done, now);
                self.tasks -= 1;
                history.tasks -= u32::from(done);
            }
            Op::MarkStarted => {
                core.mark_started(now);
                history.is_marked = true;
            }
            Op::Arm => {
                core.arm(now);
                history.is_armed = true;
            }
            Op::Beats(runs) => {
                self.runs_beats = runs;
                self.beat();
            }
            Op::Release | Op::CloseTask(_) => {}
        }
        Ok(())
    }

    /// Lets time pass tick by tick. After each tick it looks at the view, as the engine does.
    fn pass(&mut self, time: Time) -> Verdict {
        let end = self.sim.now + time;
        while self.sim.now < end {
            self.sim.pass(TICK.min(end.saturating_sub(self.sim.now)));
            self.history.now = self.sim.now;
            let gap = self.sim.now.saturating_sub(self.history.tick.0);
            let charge = self.history.charge();
            self.history.tick = (self.sim.now, self.history.awake());
            if charge > ms(0) {
                self.history.charged = (charge, self.history.tick.1);
            }
            if gap > ms(250) {
                self.history.thawed = Some(self.history.tick.1);
            }
            self.follow(Cause::Time)?;
            if gap > TICK {
                self.paced.fill(None);
            }
            self.poll();
            self.beat();
            self.follow(Cause::Wish)?;
            self.published();
            self.on_time()?;
            let is_stalled = self.runs_beats && self.history.is_stalled();
            must!(!is_stalled, "no beat has been sent for a long time");
        }
        Ok(())
    }

    fn poll(&mut self) {
        let awake = self.history.awake();
        for (index, check) in self.history.checks.iter_mut().enumerate() {
            self.sim.core.began(index, self.sim.now);
            if check.run == Run::Started {
                check.run = Run::Began(awake);
            }
        }
    }

    /// Lets the beat under way arrive, if the runtime runs beats.
    fn beat(&mut self) {
        if self.runs_beats && std::mem::take(&mut self.has_beat) {
            self.sim.core.beat(self.sim.now);
            let awake = self.history.awake();
            self.history.stalled_after = self.history.stalled_after.map(|(limit, _)| (limit, awake));
        }
    }

    fn finish(&mut self, index: usize, state: State) {
        if state.reason != Some(Reason::Cancelled) {
            self.poll(); // only a cancelled run may end before its first poll
        }
        let was_stuck = self.history.is_stuck(&self.history.checks[index]);
        let took = match self.history.checks[index].run {
            Run::Began(at) => self.history.spent(at),
            _ => Duration::ZERO,
        };
        let check = &mut self.history.checks[index];
        let is_slow = state == State::HEALTHY && check.plan.spec.degraded_after.is_some_and(|limit| took > limit);
        let asked = state.reason != Some(Reason::Exhausted);
        let said = match (state.status, state.reason) {
            _ if is_slow => (Status::Degraded, Some(Reason::Slow)),
            _ if !asked && check.may_be_busy(self.sim.now) => (Status::Degraded, Some(Reason::Saturated)),
            said => said,
        };
        check.run = Run::None;
        check.finished.push(Finished {
            at: self.sim.now,
            said,
            passes: said.0 != Status::Unhealthy,
            asked,
            was_stuck,
        });
        self.retries[index] |= !state.passes() && !check.has_passed();
        self.idle[index] = self.sim.now;
        let took_long = self.history.awake_since(self.since[index]) > BUDGET;
        self.hangs[index] = took_long || state.reason == Some(Reason::Timeout);
        self.sim.finish(index, state);
    }

    /// Makes a view if there is none that is still valid.
    fn published(&mut self) {
        let now = self.sim.now;
        if self.view.as_ref().is_none_or(|(_, until)| now >= until.states()) {
            let (view, until) = self.sim.core.view(now);
            self.asked_for = Probe::ALL.map(|probe| until.probe(probe));
            self.view = Some((view, until));
        }
    }

    fn compare(&mut self, seen: &mut Seen) -> Verdict {
        self.published();
        let (view, _) = self.view.as_ref().expect("it has just been published");
        for (index, check) in self.history.checks.iter().enumerate() {
            let said = self.history.state(check);
            same(format!("check {index}"), self.sim.state(index), said)?;
            same(format!("check {index} in the view"), view.brief(index).state, said)?;
            *seen.entry(format!("check {} {:?}", said.0, said.1)).or_default() += 1;
        }
        for probe in Probe::ALL {
            let said = self.history.verdict(probe);
            same(probe, view.verdict(probe), said)?;
            *seen.entry(format!("{probe} {} {:?}", said.0, said.1)).or_default() += 1;
        }
        for probe in Probe::ALL {
            self.needs_no_look(probe)?;
        }
        Ok(())
    }
}
