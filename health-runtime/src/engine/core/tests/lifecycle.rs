//! Starting, holds and the drain.

use super::*;

#[test]
fn draining_takes_precedence_over_held_and_held_over_starting() {
    let mut sim = Sim::starting([db()], false);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Starting));
    sim.core.hold();
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Held));
    sim.core.drain(ms(10_000), sim.now);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Draining));
    assert_eq!(sim.status(Probe::Liveness), Status::Healthy);
    assert_eq!(sim.view().standing.phase, Phase::Draining);
}

#[test]
fn liveness_passes_while_draining_even_if_a_liveness_check_fails() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness()]);
    sim.fail_check(0);
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
    sim.core.drain(ms(10_000), sim.now);
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded);
    assert_eq!(sim.view().judge_one(Probe::Liveness, 0).status, Status::Degraded);
    assert_eq!(sim.says(Probe::Health), State::unhealthy(Reason::Draining));
}

#[test]
fn a_late_tick_skips_no_stage_of_the_shutdown() {
    let mut sim = Sim::new([]);
    sim.core.drain(ms(500), sim.now);
    sim.freeze(ms(60_000));
    assert_eq!(sim.core.lifecycle.stage(sim.now, ms(1_000), || true), Stage::Closing);
    assert_eq!(sim.core.lifecycle.stage(sim.now, ms(1_000), || true), Stage::Stopped);
}

#[test]
fn servers_stop_when_the_listeners_have_settled_or_after_half_of_the_grace() {
    let mut sim = Sim::new([]);
    sim.core.drain(ms(500), sim.now);
    sim.pass(ms(500));
    let mut stage = |after, settled| sim.core.lifecycle.stage(sim.now + ms(after), ms(1_000), || settled);
    assert_eq!(stage(0, true), Stage::Closing);
    assert_eq!(stage(499, false), Stage::Closing);
    assert_eq!(stage(499, true), Stage::Stopped);
    assert_eq!(stage(500, false), Stage::Stopped);
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
fn a_drain_stays_in_force_while_a_thousand_results_arrive() {
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
    assert!(sim.status(Probe::Readiness).passes());
    sim.core.drain(ms(500), sim.now);
    let mut reached = Vec::new();
    for is_signalled in [false, true] {
        if is_signalled {
            sim.core.lifecycle.signalled();
        }
        for _ in 0..40 {
            let stage = sim.core.lifecycle.stage(sim.now, grace, || true);
            let grants = stage > Stage::Serving && sim.core.lifecycle.grant();
            reached.push((stage, grants, sim.now));
            sim.pass(TICK);
        }
    }
    let first = |wanted: Stage| reached.iter().find(|(stage, ..)| *stage == wanted).unwrap().2;
    assert_eq!((first(Stage::Closing), first(Stage::Stopped)), (ms(500), ms(550)));
    let grants: Vec<_> = reached.iter().filter(|(_, grants, _)| *grants).collect();
    assert_eq!(
        grants,
        [&(Stage::Stopped, true, ms(2_000))],
        "a drain by hand ends no process: the grace counts from the signal, once"
    );
}

#[test]
fn after_the_end_no_check_runs_and_no_transition_is_sent() {
    let mut sim = Sim::new([db(), cache().ttl(ms(0)), cache().blocking()]);
    sim.pass_check(0);
    sim.view();
    sim.started();
    sim.core.end();
    sim.fail_check(2);
    sim.pass(ms(60_000));
    sim.waits(Probe::Readiness);
    sim.core.request(0, sim.now);
    sim.view();
    let effects = sim.core.take_effects();
    assert!(effects.start.is_empty());
    assert!(
        !effects.events.iter().any(|event| matches!(event, Event::Check { .. })),
        "{:?}",
        effects.events
    );
}

#[test]
fn a_service_that_was_never_ready_skips_the_drain_time() {
    let ends = |prepare: fn(&mut Sim)| {
        let mut sim = Sim::new([db()]);
        prepare(&mut sim);
        sim.view();
        sim.core.drain(ms(7_000), sim.now);
        let wait = sim.core.lifecycle.close_at.unwrap().saturating_sub(sim.now);
        let told = sim.events().into_iter().find_map(|event| match event {
            Event::Draining { drain } => Some(drain),
            _ => None,
        });
        assert_eq!(told, Some(Some(wait).filter(|wait| !wait.is_zero())));
        wait
    };
    assert_eq!(ends(|_| {}), Duration::ZERO, "pending");
    assert_eq!(ends(|sim| sim.fail_check(0)), Duration::ZERO);
    let was_ready = |sim: &mut Sim| {
        sim.pass_check(0);
        sim.view();
        sim.rerun(0, State::unhealthy(Reason::Error));
    };
    assert_eq!(ends(was_ready), ms(7_000), "it was ready before it failed");
}

#[test]
fn a_drain_lasts_for_its_set_time_and_a_second_drain_changes_nothing() {
    let mut sim = Sim::new([]);
    assert!(sim.status(Probe::Readiness).passes());
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
    sim.core.start(0, sim.now);
    sim.pass_check(0);
    assert_eq!(sim.says(Probe::Startup), State::HEALTHY);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
    assert!(!sim.core.open_task(), "nothing waits for a task after the start");
}

#[test]
fn the_start_waits_for_the_first_router() {
    let mut sim = Sim::starting([], false);
    sim.pass(ms(1_000));
    assert_eq!(sim.view().standing.phase, Phase::Starting);
    assert!(sim.core.open_task(), "declared in time");
    sim.core.arm(sim.now);
    assert_eq!(sim.view().standing.phase, Phase::Starting);
    sim.core.close_task(true, sim.now);
    assert_eq!(sim.view().standing.phase, Phase::Running);
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
    sim.core.start(1, sim.now);
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
    sim.core.start(0, sim.now);
    assert!(sim.started().is_empty());
    assert_eq!(sim.state(0), State::HEALTHY, "it does not age");
}

#[test]
fn a_startup_only_check_ends_with_the_start_even_if_it_failed_again_before() {
    let mut sim = Sim::starting([CheckSpec::new("migrated").startup()], true);
    sim.core.arm(sim.now);
    sim.pass_check(0);
    sim.core.start(0, sim.now);
    sim.fail_check(0);
    sim.core.mark_started(sim.now);
    assert_eq!(sim.says(Probe::Health), State::HEALTHY);
    assert_eq!(sim.view().judge_one(Probe::Startup, 0), State::HEALTHY);
}

#[test]
fn the_started_event_is_sent_once_with_the_duration_of_the_start() {
    let mut sim = Sim::starting([], true);
    sim.core.arm(sim.now);
    sim.pass(ms(700));
    let started = |sim: &mut Sim| {
        let events = sim.events().into_iter();
        let after = events.filter_map(|event| match event {
            Event::Started { after } => Some(after),
            _ => None,
        });
        after.collect::<Vec<_>>()
    };
    assert!(started(&mut sim).is_empty());
    sim.core.mark_started(sim.now);
    assert_eq!(started(&mut sim), [ms(700)]);
    sim.core.mark_started(sim.now);
    sim.core.arm(sim.now);
    assert!(started(&mut sim).is_empty());
}

#[test]
fn a_startup_check_in_another_probe_keeps_running_after_the_start() {
    for spec in [db().startup().readiness(), CheckSpec::new("db").startup().liveness()] {
        let mut sim = Sim::new([spec]);
        sim.pass_check(0);
        sim.started();
        sim.pass(ms(6_000));
        assert_eq!(sim.started(), [0]);
        sim.fail_check(0);
        assert_eq!(sim.reason(0), Some(Reason::Error));
    }
}

#[test]
fn a_change_that_affects_no_probe_keeps_the_view() {
    let mut sim = Sim::starting([CheckSpec::new("migrated").startup()], true);
    let changes = |sim: &mut Sim, act: fn(&mut Core, Time)| {
        sim.core.take_effects();
        act(&mut sim.core, sim.now);
        sim.core.take_effects().changed
    };
    assert!(!changes(&mut sim, Core::arm), "`mark_started` is still missing");
    assert!(
        changes(&mut sim, Core::mark_started),
        "probes wait for the check from now on"
    );
    assert!(!changes(&mut sim, Core::mark_started));
    assert!(!changes(&mut sim, Core::arm));
    sim.core.open_task();
    assert!(changes(&mut sim, |core, now| core.close_task(true, now)));
    sim.pass_check(0);
    assert!(sim.core.take_effects().changed, "it has started");
    assert!(!changes(&mut sim, Core::mark_started));
}

#[tokio::test]
async fn a_run_that_is_spawned_while_the_checks_end_is_aborted_too() {
    let mut sim = Sim::new([db()]);
    assert_eq!(sim.started(), [0]);
    let task = tokio::spawn(std::future::pending::<()>());
    sim.core.end();
    sim.core.keep_abort(0, 1, task.abort_handle());
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
}
