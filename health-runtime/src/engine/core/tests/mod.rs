//! The rules of `docs/states.md`, tested without a runtime: each test moves the clock and says what happens.

mod breaker;
mod busy;
mod causes;
mod history;
mod lifecycle;
mod model;
mod operator_hold;
mod passing;
mod probes;
#[cfg(feature = "kubernetes")]
mod rotation;
mod schedule;
mod servers;
mod stall;
mod state;
mod thresholds;
mod views;
mod waiting;
mod writability;

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::super::{Plan, RunResult, State, View, WHOLE};
use super::lifecycle::Stage;
use super::{Core, Event, Time};
use crate::outcome::{Reason, Status};
use crate::report::Phase;
use crate::spec::{CheckSpec, Defaults, Probe, Refresh};

const BUDGET: Duration = Duration::from_millis(800);
const TICK: Duration = Duration::from_millis(50);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A core and a clock.
struct Sim {
    core: Core,
    now: Time,
}

impl Sim {
    /// A service that has a router and no startup task. Its first runs have started.
    fn new(specs: impl IntoIterator<Item = CheckSpec>) -> Self {
        let mut sim = Self::starting(specs, false);
        sim.core.arm(sim.now);
        sim
    }

    fn starting(specs: impl IntoIterator<Item = CheckSpec>, manual: bool) -> Self {
        Self::seeded(specs, manual, 1)
    }

    fn seeded(specs: impl IntoIterator<Item = CheckSpec>, manual: bool, seed: u64) -> Self {
        let plan = |spec| Plan::new(spec, Defaults::default());
        Self::planned(specs.into_iter().map(plan).collect(), manual, seed)
    }

    fn planned(plans: Arc<[Plan]>, manual: bool, seed: u64) -> Self {
        let disabled = plans.iter().map(|plan| plan.spec.name() == "disabled").collect();
        let core = Core::new(plans, disabled, BUDGET, manual, Rng::with_seed(seed));
        let mut sim = Self { core, now: Time::ZERO };
        sim.tick();
        sim
    }

    /// Lets time pass tick by tick, as in a process that runs.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + TICK);
            self.tick();
        }
    }

    /// Ticks. Then the runtime polls the runs that have started.
    fn tick(&mut self) {
        self.core.tick(self.now);
        for index in 0..self.core.slots.len() {
            self.core.began(index, self.now);
        }
    }

    /// Lets time pass without a tick, as in a process that is frozen.
    fn freeze(&mut self, time: Duration) {
        self.now += time;
    }

    fn started(&mut self) -> Vec<usize> {
        self.core
            .take_effects()
            .start
            .into_iter()
            .map(|(index, _)| index)
            .collect()
    }

    fn events(&mut self) -> Vec<Event> {
        self.core.take_effects().events
    }

    fn finish(&mut self, index: usize, state: State) {
        let result = RunResult::new(state, None);
        self.core.finished(index, result, self.now);
    }

    /// Ends the run in flight. If no run is in flight, starts one first.
    fn rerun(&mut self, index: usize, state: State) {
        self.rerun_with(index, RunResult::new(state, None));
    }

    fn rerun_with(&mut self, index: usize, result: RunResult) {
        if self.core.slots[index].running.is_none() {
            self.core.start(index, self.now);
            self.core.began(index, self.now);
        }
        self.core.finished(index, result, self.now);
    }

    fn pass_check(&mut self, index: usize) {
        self.finish(index, State::HEALTHY);
    }

    fn fail_check(&mut self, index: usize) {
        self.finish(index, State::unhealthy(Reason::Error));
    }

    fn state(&self, index: usize) -> State {
        self.core.state(index, self.now)
    }

    fn reason(&self, index: usize) -> Option<Reason> {
        self.state(index).reason
    }

    fn view(&mut self) -> View {
        self.core.view(self.now).0
    }

    fn until(&mut self, probe: Probe) -> Time {
        self.core.view(self.now).1.probe(probe)
    }

    fn says(&mut self, probe: Probe) -> State {
        self.view().verdict(probe)
    }

    fn status(&mut self, probe: Probe) -> Status {
        self.says(probe).status
    }

    fn waits(&mut self, probe: Probe) -> Option<Duration> {
        self.core.demand(probe, WHOLE, self.now);
        self.waits_since(probe, self.now)
    }

    fn waits_since(&self, probe: Probe, arrived: Time) -> Option<Duration> {
        let (_, until) = self.core.awaited(probe, WHOLE, arrived, 0, self.now)?;
        Some(until.saturating_sub(self.now))
    }
}

fn db() -> CheckSpec {
    CheckSpec::new("db").critical()
}

fn cache() -> CheckSpec {
    CheckSpec::new("cache")
}
