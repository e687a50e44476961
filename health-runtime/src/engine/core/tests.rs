//! The tables of semantics, in time, without a runtime: the tests say what happens and when.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::super::phase::Stage;
use super::super::{Plan, RunResult, State, View};
use super::{Core, Event, Time};
use crate::outcome::{Reason, Status};
use crate::report::Phase;
use crate::spec::{CheckSpec, Probe, ServiceSpec};

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
    /// A service without anything to wait for at its start, with its first runs started.
    fn new(specs: impl IntoIterator<Item = CheckSpec>) -> Self {
        let mut sim = Self::starting(specs, false);
        sim.core.arm(sim.now);
        sim
    }

    fn starting(specs: impl IntoIterator<Item = CheckSpec>, manual: bool) -> Self {
        Self::seeded(specs, manual, 1)
    }

    fn seeded(specs: impl IntoIterator<Item = CheckSpec>, manual: bool, seed: u64) -> Self {
        let service = ServiceSpec::new("s", "1");
        let plans: Arc<[_]> = specs.into_iter().map(|spec| Plan::new(spec, &service)).collect();
        let disabled = plans.iter().map(|plan| plan.spec.name() == "disabled").collect();
        let core = Core::new(plans, disabled, BUDGET, manual, Rng::with_seed(seed));
        let mut sim = Self { core, now: Time::ZERO };
        sim.core.tick(sim.now);
        sim
    }

    /// Lets time pass as it does in a process that runs: tick by tick.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + TICK);
            self.core.tick(self.now);
        }
    }

    /// Lets time pass in which the process does not run.
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

    fn events(&mut self) -> Vec<Event<'static>> {
        self.core.take_effects().events
    }

    fn finish(&mut self, index: usize, state: State) {
        let result = RunResult { state, message: None };
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

    fn says(&mut self, probe: Probe) -> State {
        self.view().verdict(probe)
    }

    fn status(&mut self, probe: Probe) -> Status {
        self.says(probe).status
    }

    fn waits(&mut self, probe: Probe) -> Option<Duration> {
        self.core.demand(probe, self.now);
        self.waits_since(probe, self.now)
    }

    fn waits_since(&self, probe: Probe, arrived: Time) -> Option<Duration> {
        let (_, until) = self.core.awaited(probe, arrived, 0, self.now)?;
        Some(until.saturating_sub(self.now))
    }
}

fn db() -> CheckSpec {
    CheckSpec::new("db").critical()
}

fn cache() -> CheckSpec {
    CheckSpec::new("cache")
}

// --- a check's state, first match first ---

#[test]
fn a_disabled_check_is_healthy_and_never_runs() {
    let mut sim = Sim::new([CheckSpec::new("disabled").critical()]);
    sim.pass(ms(60_000));
    assert_eq!(sim.waits(Probe::Readiness), None);
    sim.core.request(0, sim.now);
    assert!(sim.started().is_empty());
    assert_eq!(
        (sim.state(0).status, sim.reason(0)),
        (Status::Healthy, Some(Reason::Disabled))
    );
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
}

#[test]
fn a_run_that_outlives_its_timeout_and_a_quarter_second_is_stuck_until_it_ends() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.pass(ms(6_000));
    assert!(sim.core.is_busy());
    let since = sim.core.slots[0].running.as_ref().unwrap().since;
    sim.pass((since + ms(2_249)).saturating_sub(sim.now));
    assert_eq!(sim.reason(0), None);
    sim.pass(ms(1));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stuck));
    sim.started();
    sim.pass(ms(60_000));
    assert!(sim.started().is_empty(), "a second run");
    assert_eq!(sim.reason(0), Some(Reason::Stuck), "stuck comes before stale");
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY);
    sim.pass(ms(6_000));
    assert_eq!(sim.started(), [0], "the next run");
}

#[test]
fn a_check_without_a_result_is_pending() {
    let mut sim = Sim::new([db()]);
    assert_eq!(sim.state(0), State::unhealthy(Reason::Pending));
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    sim.pass_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
}

#[test]
fn a_result_older_than_max_age_is_stale() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.freeze(ms(17_000));
    assert_eq!(sim.state(0), State::HEALTHY);
    sim.freeze(Duration::from_nanos(1));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stale));
    sim.pass(TICK);
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY);
}

#[test]
fn the_last_result_is_the_state() {
    let mut sim = Sim::new([db()]);
    for state in [
        State::unhealthy(Reason::Error),
        State::unhealthy(Reason::Timeout),
        State::unhealthy(Reason::Panic),
        State::unhealthy(Reason::Cancelled),
        State::unhealthy(Reason::Reported),
        State {
            status: Status::Degraded,
            reason: Some(Reason::Saturated),
        },
        State::HEALTHY,
    ] {
        sim.core.request(0, sim.now);
        sim.finish(0, state);
        assert_eq!(sim.state(0), state);
    }
}

// --- what the probes make of it ---

#[test]
fn a_critical_failure_fails_readiness_and_another_degrades_it() {
    let mut sim = Sim::new([db(), cache()]);
    sim.pass_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded, "cache is pending");
    sim.fail_check(1);
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
    sim.core.request(1, sim.now);
    sim.pass_check(1);
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
    sim.core.request(0, sim.now);
    sim.fail_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    sim.core.request(0, sim.now);
    let degraded = State {
        status: Status::Degraded,
        reason: Some(Reason::Reported),
    };
    sim.finish(0, degraded);
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
}

#[test]
fn a_probe_looks_at_its_own_checks_only() {
    let mut sim = Sim::new([db(), CheckSpec::new("worker").liveness()]);
    sim.pass_check(0);
    sim.fail_check(1);
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
    assert_eq!(sim.status(Probe::Health), Status::Unhealthy, "liveness fails");
    let view = sim.view();
    let names = |probe| view.rows(probe).map(|(index, _)| index).collect::<Vec<_>>();
    assert_eq!(names(Probe::Readiness), [0]);
    assert_eq!(names(Probe::Liveness), [1]);
    assert!(names(Probe::Startup).is_empty());
    assert_eq!(names(Probe::Health), [0, 1]);
}

#[test]
fn liveness_fails_on_evidence_alone() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness()]);
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded, "pending");
    for reason in [Reason::Error, Reason::Timeout, Reason::Panic, Reason::Reported] {
        sim.core.request(0, sim.now);
        sim.finish(0, State::unhealthy(reason));
        assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy, "{reason}");
    }
    sim.core.request(0, sim.now);
    sim.finish(0, State::unhealthy(Reason::Cancelled));
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded, "cancelled");
    sim.core.request(0, sim.now);
    sim.pass_check(0);
    sim.freeze(ms(20_000));
    assert_eq!(sim.reason(0), Some(Reason::Stale));
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded, "stale");
    sim.pass(ms(3_000));
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy, "stuck");
}

#[test]
fn without_checks_a_service_is_ready_once_started() {
    let mut sim = Sim::starting([], false);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Starting));
    sim.core.arm(sim.now);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
}

#[test]
fn health_fails_if_readiness_or_liveness_does() {
    let mut sim = Sim::new([db(), cache()]);
    sim.fail_check(0);
    sim.pass_check(1);
    assert_eq!(sim.status(Probe::Health), Status::Unhealthy);
    sim.core.request(0, sim.now);
    sim.pass_check(0);
    assert_eq!(sim.status(Probe::Health), Status::Healthy);
    sim.core.hold();
    assert_eq!(sim.says(Probe::Health), State::unhealthy(Reason::Held));
}

// --- draining, held, starting ---

#[test]
fn draining_comes_before_held_before_starting() {
    let mut sim = Sim::starting([db()], false);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Starting));
    sim.core.hold();
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Held));
    sim.core.drain(ms(10_000), sim.now);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Draining));
    assert_eq!(sim.status(Probe::Liveness), Status::Healthy);
    assert_eq!(sim.view().phase, Phase::Draining);
}

#[test]
fn readiness_is_held_until_the_last_hold_is_released() {
    let mut sim = Sim::new([]);
    sim.core.hold();
    sim.core.hold();
    sim.core.release();
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Held));
    sim.core.release();
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
}

#[test]
fn a_drain_that_races_a_thousand_results_never_turns_back() {
    let specs = (0..1000).map(|index| {
        let name = Box::leak(format!("check-{index}").into_boxed_str());
        CheckSpec::new(name).critical()
    });
    let mut sim = Sim::new(specs);
    let mut rng = Rng::with_seed(7);
    for index in 0..1000 {
        if index == 500 {
            sim.core.drain(ms(10_000), sim.now);
        }
        match rng.u8(0..4) {
            0 => sim.fail_check(index),
            1 => sim.pass(ms(10)),
            _ => sim.pass_check(index),
        }
        sim.core.mark_started(sim.now);
        if index >= 500 {
            assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Draining));
            assert_eq!(sim.says(Probe::Health), State::unhealthy(Reason::Draining));
        }
    }
}

#[test]
fn the_listeners_close_before_the_servers_stop_and_a_signalled_process_is_given_its_grace() {
    let mut sim = Sim::new([]);
    let grace = ms(1_000);
    sim.core.drain(ms(500), sim.now);
    let mut reached = Vec::new();
    for signals in [0, 1] {
        sim.core.lifecycle.signals = signals;
        for _ in 0..40 {
            let stage = sim.core.lifecycle.stage(sim.now);
            if stage == Stage::Stopped {
                sim.core.lifecycle.stopped(sim.now, grace);
            }
            reached.push((stage, sim.core.lifecycle.must_exit(sim.now), sim.now));
            sim.pass(TICK);
        }
    }
    let first = |wanted: Stage| reached.iter().find(|(stage, ..)| *stage == wanted).unwrap().2;
    assert_eq!((first(Stage::Closing), first(Stage::Stopped)), (ms(500), ms(600)));
    let exits = reached.iter().find(|(_, exit, _)| *exit).unwrap().2;
    assert_eq!(
        exits,
        ms(3_000),
        "a drain by hand ends no process: the grace counts from the signal"
    );
}

#[test]
fn a_drain_lasts_as_long_as_it_says_and_begins_once() {
    let mut sim = Sim::new([]);
    sim.core.drain(ms(10_000), sim.now);
    sim.pass(ms(5_000));
    sim.core.drain(ms(10_000), sim.now);
    assert_eq!(sim.core.lifecycle.close_at, Some(ms(10_000)));
    let drains = sim
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::Draining { .. }));
    assert_eq!(drains.count(), 1);
}

// --- starting ---

#[test]
fn starting_waits_for_tasks_startup_checks_and_mark_started() {
    let mut sim = Sim::starting([CheckSpec::new("migrated").startup()], true);
    assert!(sim.core.open_task());
    sim.core.arm(sim.now);
    let starting = State::unhealthy(Reason::Starting);
    assert_eq!(sim.says(Probe::Startup), starting);
    sim.core.close_task(true, sim.now);
    assert_eq!(sim.says(Probe::Startup), starting);
    sim.core.mark_started(sim.now);
    assert_eq!(sim.says(Probe::Startup), starting);
    sim.fail_check(0);
    assert_eq!(sim.says(Probe::Startup), starting);
    sim.core.request(0, sim.now);
    sim.pass_check(0);
    assert_eq!(sim.says(Probe::Startup), State::HEALTHY);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
    assert!(!sim.core.open_task(), "nothing waits for a task after the start");
}

#[test]
fn the_start_waits_for_the_first_router() {
    let mut sim = Sim::starting([], false);
    sim.pass(ms(1_000));
    assert_eq!(sim.view().phase, Phase::Starting);
    assert!(sim.core.open_task(), "declared in time");
    sim.core.arm(sim.now);
    assert_eq!(sim.view().phase, Phase::Starting);
    sim.core.close_task(true, sim.now);
    assert_eq!(sim.view().phase, Phase::Running);
}

#[test]
fn a_failed_startup_task_fails_startup_for_good() {
    let mut sim = Sim::starting([], false);
    sim.core.open_task();
    sim.core.close_task(false, sim.now);
    sim.core.arm(sim.now);
    sim.pass(ms(60_000));
    assert_eq!(sim.says(Probe::Startup), State::unhealthy(Reason::Starting));
}

#[test]
fn startup_does_not_wait_for_readiness_and_is_latched() {
    let mut sim = Sim::new([db(), CheckSpec::new("both").startup().readiness().critical()]);
    sim.fail_check(0);
    sim.pass_check(1);
    assert_eq!(sim.status(Probe::Startup), Status::Healthy);
    sim.core.request(1, sim.now);
    sim.fail_check(1);
    assert_eq!(sim.status(Probe::Startup), Status::Healthy, "latched");
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    sim.core.drain(ms(1), sim.now);
    assert_eq!(sim.status(Probe::Startup), Status::Healthy);
}

#[test]
fn a_startup_only_check_ends_with_the_start() {
    let mut sim = Sim::new([CheckSpec::new("migrated").startup()]);
    sim.pass_check(0);
    sim.started();
    sim.pass(ms(60_000));
    sim.core.request(0, sim.now);
    assert!(sim.started().is_empty());
    assert_eq!(sim.state(0), State::HEALTHY, "it does not age");
}

// --- when checks run ---

#[test]
fn an_interval_check_runs_at_once_and_then_every_interval_give_or_take_a_tenth() {
    let mut sim = Sim::new([cache().interval(ms(10_000)).timeout(ms(1_000))]);
    let mut began = vec![sim.now];
    assert_eq!(sim.started(), [0]);
    while began.len() < 200 {
        if sim.core.is_busy() {
            sim.pass_check(0);
        }
        sim.pass(TICK);
        began.extend(sim.started().iter().map(|_| sim.now));
    }
    let gaps: Vec<_> = began.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
    assert!(*least >= ms(8_950) && *most <= ms(11_050), "{least:?}..{most:?}");
    assert!(*most > *least + ms(1_000), "no jitter: {least:?}..{most:?}");
}

#[test]
fn a_seed_repeats_the_schedule() {
    let schedule = |seed| {
        let mut sim = Sim::seeded([cache(), db()], false, seed);
        let mut began = Vec::new();
        for _ in 0..1000 {
            sim.pass(TICK);
            for index in sim.started() {
                began.push((index, sim.now));
                sim.pass_check(index);
            }
        }
        began
    };
    assert_eq!(schedule(3), schedule(3));
    assert_ne!(schedule(3), schedule(4));
}

#[test]
fn probes_never_run_an_interval_check() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.started();
    for probe in Probe::ALL {
        assert_eq!(sim.waits(probe), None);
    }
    assert!(sim.started().is_empty());
}

#[test]
fn a_ttl_check_runs_only_when_a_probe_finds_it_expired() {
    let mut sim = Sim::new([db().ttl(ms(1_000))]);
    sim.pass(ms(60_000));
    assert!(sim.started().is_empty());
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    assert_eq!(sim.started(), [0]);
    sim.pass_check(0);
    sim.pass(ms(1_000));
    assert_eq!(sim.waits(Probe::Readiness), None);
    assert!(sim.started().is_empty());
    sim.pass(ms(1));
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    assert_eq!(sim.started(), [0]);
}

#[test]
fn a_thousand_probes_start_one_run() {
    let mut sim = Sim::new([db().ttl(Duration::ZERO)]);
    for _ in 0..1000 {
        sim.waits(Probe::Readiness);
    }
    assert_eq!(sim.started(), [0]);
}

#[test]
fn a_request_during_a_run_is_answered_by_another_run() {
    let mut sim = Sim::new([db()]);
    sim.started();
    sim.core.request(0, sim.now);
    sim.core.request(0, sim.now);
    assert!(sim.started().is_empty());
    sim.pass_check(0);
    assert_eq!(sim.started(), [0]);
    sim.pass_check(0);
    assert!(sim.started().is_empty());
}

#[test]
fn missed_runs_are_not_made_up_for() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.started();
    sim.freeze(ms(60_000));
    for _ in 0..20 {
        sim.pass(TICK);
        if sim.core.is_busy() {
            sim.pass_check(0);
        }
    }
    assert_eq!(sim.started(), [0]);
}

#[test]
fn after_a_freeze_the_schedule_begins_anew() {
    for seed in 0..20 {
        let mut sim = Sim::seeded([db()], false, seed);
        sim.freeze(ms(60_000));
        sim.core.tick(sim.now);
        let Reverse((next, _)) = sim.core.due.peek().copied().unwrap();
        assert!(next >= sim.now + ms(4_500), "seed {seed}: {next:?}");
    }
}

// --- how long a probe waits ---

#[test]
fn a_probe_waits_for_a_critical_first_result_within_the_budget_of_its_run() {
    let mut sim = Sim::new([db()]);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    sim.pass(ms(300));
    assert_eq!(sim.waits(Probe::Readiness), Some(ms(500)));
    assert_eq!(sim.waits(Probe::Health), Some(ms(500)));
    assert_eq!(sim.waits(Probe::Liveness), None, "liveness never waits");
    sim.pass(ms(500));
    assert_eq!(sim.waits(Probe::Readiness), None);
}

#[test]
fn a_probe_is_content_with_a_result_newer_than_itself() {
    let mut sim = Sim::new([db().ttl(Duration::ZERO)]);
    let arrived = sim.now;
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    sim.pass(ms(100));
    sim.pass_check(0);
    sim.pass(ms(1));
    sim.core.demand(Probe::Readiness, sim.now); // somebody else's probe
    assert_eq!(sim.waits_since(Probe::Readiness, arrived), None);
    assert_eq!(sim.waits_since(Probe::Readiness, ms(100)), None, "as old as itself");
    assert_eq!(sim.waits_since(Probe::Readiness, sim.now), Some(BUDGET));
}

#[test]
fn a_probe_waits_for_nothing_that_is_not_critical() {
    let mut sim = Sim::new([cache(), CheckSpec::new("lazy").ttl(ms(1))]);
    assert_eq!(sim.waits(Probe::Readiness), None);
    assert_eq!(sim.started(), [0, 1], "but it starts it");
}

#[test]
fn a_run_that_hangs_delays_nobody_twice() {
    let mut sim = Sim::new([db().ttl(Duration::ZERO)]);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    sim.pass(ms(2_000));
    sim.finish(0, State::unhealthy(Reason::Timeout));
    sim.pass(TICK);
    sim.started();
    assert_eq!(sim.waits(Probe::Readiness), None);
    assert_eq!(sim.started(), [0], "it is tried again all the same");
    sim.pass(ms(10));
    sim.pass_check(0);
    sim.pass(TICK);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET), "it has recovered");
}

#[test]
fn a_run_slower_than_the_budget_delays_nobody_twice_even_if_it_passes() {
    for (took, waits) in [(800, Some(BUDGET)), (801, None)] {
        let mut sim = Sim::new([db().ttl(ms(0)).timeout(ms(5_000))]);
        sim.waits(Probe::Readiness);
        sim.pass(ms(took));
        sim.pass_check(0);
        sim.pass(ms(1));
        assert_eq!(sim.waits(Probe::Readiness), waits, "after {took} ms");
    }
}

#[test]
fn a_probe_asks_for_its_own_checks_and_readiness_for_startup_while_starting() {
    let lazy = |name| CheckSpec::new(name).ttl(ms(1)).critical();
    let specs = || [lazy("ready"), lazy("live").liveness(), lazy("start").startup()];
    for (probe, asked) in [
        (Probe::Liveness, vec![1]),
        (Probe::Readiness, vec![0, 2]),
        (Probe::Startup, vec![2]),
        (Probe::Health, vec![0, 1, 2]),
    ] {
        let mut sim = Sim::new(specs());
        sim.waits(probe);
        assert_eq!(sim.started(), asked, "{probe:?} while starting");
    }
    let mut sim = Sim::new(specs());
    sim.waits(Probe::Startup);
    sim.pass_check(2);
    sim.started();
    sim.pass(ms(60_000));
    sim.waits(Probe::Readiness);
    assert_eq!(sim.started(), [0], "once started");
}

#[test]
fn startup_waits_for_its_own_checks_alone_and_only_until_it_has_started() {
    let mut sim = Sim::new([db(), CheckSpec::new("migrated").startup().readiness()]);
    assert_eq!(sim.core.awaited(Probe::Startup, sim.now, 0, sim.now), Some((1, BUDGET)));
    sim.pass_check(1);
    assert_eq!(sim.waits(Probe::Startup), None);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET), "db");
    let mut sim = Sim::new([CheckSpec::new("migrated").startup().readiness().ttl(ms(1))]);
    sim.waits(Probe::Startup);
    sim.pass_check(0);
    sim.pass(ms(10));
    assert_eq!(
        sim.waits(Probe::Readiness),
        None,
        "it is not critical, and the service has started"
    );
}

#[test]
fn a_probe_that_the_phase_fails_waits_for_no_check() {
    let mut sim = Sim::starting([db()], false);
    sim.core.open_task();
    sim.core.arm(sim.now);
    assert_eq!(sim.waits(Probe::Readiness), None, "a startup task is open");
    sim.core.close_task(true, sim.now);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    sim.core.hold();
    assert_eq!(sim.waits(Probe::Readiness), None, "held");
    sim.core.release();
    sim.core.drain(ms(1), sim.now);
    assert_eq!(sim.waits(Probe::Readiness), None, "draining");
}

#[test]
fn the_startup_probe_runs_and_awaits_its_on_demand_checks() {
    let mut sim = Sim::new([CheckSpec::new("migrated").startup().ttl(ms(1_000))]);
    assert_eq!(sim.waits(Probe::Startup), Some(BUDGET));
    assert_eq!(sim.started(), [0]);
    sim.pass(ms(10));
    sim.fail_check(0);
    sim.pass(ms(1_001));
    assert_eq!(
        sim.waits(Probe::Readiness),
        Some(BUDGET),
        "readiness cannot pass without it"
    );
    sim.pass_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
    assert_eq!(sim.waits(Probe::Startup), None);
}

// --- a process that does not run ---

#[test]
fn a_freeze_is_held_against_no_run() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness()]);
    sim.pass(ms(100));
    sim.freeze(ms(30_000));
    assert_eq!(sim.reason(0), Some(Reason::Pending), "not stuck");
    assert_eq!(
        sim.core.time_left(0, sim.now),
        Some(ms(1_400)),
        "nor out of time: a freeze counts half a second"
    );
    assert!(sim.status(Probe::Liveness).passes());
    sim.pass(TICK);
    assert!(sim.status(Probe::Liveness).passes());
    assert!(
        sim.events()
            .iter()
            .any(|event| matches!(event, Event::Frozen { lost } if *lost == ms(29_550)))
    );
}

#[test]
fn a_run_has_its_whole_timeout() {
    let mut sim = Sim::new([db()]);
    sim.pass(ms(1_999));
    assert_eq!(sim.core.time_left(0, sim.now), Some(ms(1)));
    sim.pass(ms(1));
    assert_eq!(sim.core.time_left(0, sim.now), None);
}

#[test]
fn staleness_is_judged_even_if_nothing_ticks() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.freeze(ms(18_000));
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
}

// --- what is published ---

#[test]
fn a_view_holds_no_longer_than_any_state_in_it() {
    let mut sim = Sim::new([db(), cache()]);
    sim.pass_check(0);
    sim.pass_check(1);
    assert_eq!(sim.core.view(sim.now).1, sim.now + ms(100), "latencies");
    sim.freeze(ms(16_950));
    assert_eq!(sim.core.view(sim.now).1, ms(17_000), "stale");
    let mut sim = Sim::new([db()]);
    sim.pass(ms(2_200));
    assert_eq!(sim.core.view(sim.now).1, ms(2_250), "stuck");
    let mut sim = Sim::new([db().ttl(ms(50))]);
    assert_eq!(sim.core.view(sim.now).1, Time::ZERO, "every probe has to look");
    sim.waits(Probe::Readiness);
    assert_eq!(sim.core.view(sim.now).1, Time::ZERO, "and to wait");
    sim.pass_check(0);
    assert_eq!(sim.core.view(sim.now).1, sim.now + ms(50), "expired");
}

#[test]
fn a_view_is_replaced_when_it_would_say_something_else_or_somebody_waits() {
    let mut sim = Sim::new([db(), cache()]);
    assert!(sim.core.take_effects().changed, "probes may wait for db");
    sim.pass_check(0);
    assert!(sim.core.take_effects().changed, "the first result");
    sim.pass_check(1);
    sim.core.take_effects();
    for (finish, changed) in [
        (Sim::pass_check as fn(&mut Sim, usize), false),
        (Sim::fail_check, true),
        (Sim::fail_check, false),
        (Sim::pass_check, true),
    ] {
        sim.core.request(0, sim.now);
        assert!(!sim.core.take_effects().changed, "nobody waits for it");
        finish(&mut sim, 0);
        assert_eq!(sim.core.take_effects().changed, changed);
    }
    let mut sim = Sim::new([cache().ttl(ms(1))]);
    for _ in 0..2 {
        sim.core.request(0, sim.now);
        sim.pass_check(0);
        assert!(sim.core.take_effects().changed, "the view knows when it expires");
    }
}

#[test]
fn a_check_is_busy_while_its_run_is_in_flight() {
    let mut sim = Sim::new([db()]);
    assert!(sim.core.is_busy());
    sim.pass_check(0);
    assert!(!sim.core.is_busy());
}

#[test]
fn a_transition_is_told_once_with_its_message() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.view();
    sim.events();
    for _ in 0..3 {
        sim.core.request(0, sim.now);
        let result = RunResult {
            state: State::unhealthy(Reason::Error),
            message: Some("refused".into()),
        };
        sim.core.finished(0, result, sim.now);
        sim.view();
    }
    let events = sim.events();
    let [Event::Check { to, message, .. }, Event::Readiness { from, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (*to, message.as_deref()),
        (State::unhealthy(Reason::Error), Some("refused"))
    );
    assert_eq!(*from, State::HEALTHY);
}

#[test]
fn a_first_result_that_is_still_to_come_is_no_incident() {
    let mut sim = Sim::new([db()]);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    let is_readiness = |event: &Event<'_>| matches!(event, Event::Readiness { .. });
    assert!(!sim.events().iter().any(is_readiness));
    sim.fail_check(0);
    sim.view();
    assert!(sim.events().iter().any(is_readiness));
}

#[test]
fn a_probe_waits_for_each_of_its_checks_once() {
    let mut sim = Sim::new([db(), CheckSpec::new("queue").critical()]);
    let arrived = sim.now;
    assert_eq!(
        sim.core.awaited(Probe::Readiness, arrived, 0, sim.now),
        Some((0, BUDGET))
    );
    sim.pass_check(0);
    assert_eq!(
        sim.core.awaited(Probe::Readiness, arrived, 0, sim.now),
        Some((1, BUDGET))
    );
    sim.pass_check(1);
    assert_eq!(sim.core.awaited(Probe::Readiness, arrived, 1, sim.now), None);
}

#[test]
fn what_time_alone_changes_is_told_too() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.view();
    sim.events();
    sim.freeze(ms(18_000));
    sim.view();
    let stale = State::unhealthy(Reason::Stale);
    assert!(
        sim.events()
            .iter()
            .any(|event| matches!(event, Event::Check { to, .. } if *to == stale))
    );
}

#[test]
fn an_excluded_check_neither_fails_nor_saves_a_probe() {
    let mut sim = Sim::new([db(), CheckSpec::new("queue").critical()]);
    sim.fail_check(0);
    sim.pass_check(1);
    let view = sim.view();
    assert_eq!(view.judge(Probe::Readiness, |index| index != 0), State::HEALTHY);
    assert_eq!(
        view.judge(Probe::Readiness, |index| index != 1).status,
        Status::Unhealthy
    );
    assert_eq!(view.judge_one(Probe::Readiness, 0), State::unhealthy(Reason::Error));
    assert_eq!(view.judge_one(Probe::Readiness, 1), State::HEALTHY);
    sim.core.hold();
    let view = sim.view();
    assert_eq!(view.judge_one(Probe::Readiness, 1), State::unhealthy(Reason::Held));
    assert_eq!(view.judge(Probe::Readiness, |_| false), State::unhealthy(Reason::Held));
}
