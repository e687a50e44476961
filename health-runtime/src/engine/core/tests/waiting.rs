//! How long a probe waits, and for which checks.

use std::ops::Range;
use std::slice::from_ref;

use super::*;

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
fn a_probe_accepts_a_result_that_is_not_older_than_its_request() {
    let mut sim = Sim::new([db().ttl(Duration::ZERO)]);
    let arrived = sim.now;
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    sim.pass(ms(100));
    sim.pass_check(0);
    sim.pass(ms(1));
    sim.core.demand(Probe::Readiness, WHOLE, sim.now); // another probe
    assert_eq!(sim.waits_since(Probe::Readiness, arrived), None);
    assert_eq!(sim.waits_since(Probe::Readiness, ms(100)), None, "as old as itself");
    assert_eq!(sim.waits_since(Probe::Readiness, sim.now), Some(BUDGET));
}

#[test]
fn a_probe_waits_for_a_non_critical_check_only_on_demand_and_while_its_state_is_unknown() {
    let mut sim = Sim::new([cache(), CheckSpec::new("lazy").ttl(ms(1_000))]);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET), "it would be pending");
    assert_eq!(sim.started(), [0, 1]);
    sim.pass_check(1);
    assert_eq!(sim.waits(Probe::Readiness), None, "not for the check with an interval");
    sim.pass_check(0);
    sim.pass(ms(2_000));
    assert_eq!(sim.waits(Probe::Readiness), None, "it has expired, but is known");
    assert_eq!(sim.started(), [1], "it still starts");
    sim.pass_check(1);
    for probe in [Probe::Readiness, Probe::Health, Probe::Liveness] {
        sim.freeze(ms(35_000));
        assert_eq!(sim.reason(1), Some(Reason::Stale));
        let waits = (probe != Probe::Liveness).then_some(BUDGET);
        assert_eq!(sim.waits(probe), waits, "{probe}: it would be stale");
        sim.waits(Probe::Readiness);
        sim.pass_check(1);
        assert_eq!(sim.reason(1), None);
    }
}

#[test]
fn a_probe_waits_for_a_run_that_was_frozen_with_the_process() {
    let mut sim = Sim::new([cache().ttl(ms(1_000))]);
    sim.waits(Probe::Readiness);
    sim.pass_check(0);
    for _ in 0..3 {
        sim.pass(ms(2_000));
        assert_eq!(sim.waits(Probe::Readiness), None, "its result is valid");
        sim.freeze(ms(35_000)); // right after the answer
        assert_eq!(sim.reason(0), Some(Reason::Stale));
        assert_eq!(sim.until(Probe::Readiness), Time::ZERO);
        assert_eq!(
            sim.waits(Probe::Readiness),
            Some(BUDGET.saturating_sub(TICK)),
            "it had no time to end"
        );
        sim.pass_check(0);
        assert_eq!(sim.reason(0), None);
    }
}

#[test]
fn the_startup_probe_waits_for_unknown_states_too() {
    let mut sim = Sim::new([CheckSpec::new("worker").startup().liveness().ttl(ms(1))]);
    assert_eq!(sim.waits(Probe::Startup), Some(BUDGET));
}

#[test]
fn a_probe_for_a_part_starts_and_awaits_only_the_checks_in_it() {
    let lazy = |name| CheckSpec::new(name).critical().ttl(ms(0));
    let mut sim = Sim::new(["a", "b", "c", "d"].map(lazy));
    let waits = |sim: &mut Sim, among: &[Range<usize>]| {
        sim.core.demand(Probe::Readiness, among, sim.now);
        let (index, _) = sim.core.awaited(Probe::Readiness, among, sim.now, 0, sim.now)?;
        Some(index)
    };
    assert_eq!(waits(&mut sim, &[1..2, 3..4]), Some(1));
    assert_eq!(sim.started(), [1, 3]);
    assert_eq!(waits(&mut sim, from_ref(&(2..3))), Some(2));
    assert_eq!(sim.started(), [2]);
    assert_eq!(waits(&mut sim, &[]), None);
    let after = sim.core.awaited(Probe::Readiness, &[1..2, 3..4], sim.now, 2, sim.now);
    assert_eq!(after, Some((3, BUDGET)), "it no longer waits for the first one");
    assert_eq!(waits(&mut sim, WHOLE), Some(0));
}

#[test]
fn a_check_whose_run_hung_does_not_delay_the_next_probe() {
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
fn a_check_whose_run_exceeded_the_budget_does_not_delay_the_next_probe() {
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
fn a_probe_starts_its_own_checks_and_readiness_also_startup_checks_while_starting() {
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
fn the_startup_probe_waits_only_for_its_own_checks_and_only_until_the_start() {
    let mut sim = Sim::new([db(), CheckSpec::new("migrated").startup().readiness()]);
    assert_eq!(
        sim.core.awaited(Probe::Startup, WHOLE, sim.now, 0, sim.now),
        Some((1, BUDGET))
    );
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
fn no_probe_waits_for_checks_while_something_else_delays_the_start() {
    let migrated = || [CheckSpec::new("migrated").startup()];
    let starting = |manual| {
        let mut sim = Sim::starting(migrated(), manual);
        assert_eq!(sim.waits(Probe::Startup), None, "there is no router yet");
        sim.core.arm(sim.now);
        sim
    };
    assert_eq!(starting(true).waits(Probe::Startup), None, "to be marked by hand");
    let mut sim = starting(false);
    assert_eq!(sim.waits(Probe::Startup), Some(BUDGET));
    sim.core.open_task();
    assert_eq!(sim.waits(Probe::Startup), None, "a task is open");
    sim.core.close_task(false, sim.now);
    assert_eq!(sim.waits(Probe::Startup), None, "and has failed");
}

#[test]
fn a_probe_that_fails_because_of_the_phase_waits_for_no_check() {
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

#[test]
fn a_check_whose_run_timed_out_within_the_budget_does_not_delay_the_next_probe() {
    let mut sim = Sim::new([db().ttl(ms(0)).timeout(ms(100))]);
    sim.waits(Probe::Readiness);
    sim.pass(ms(100));
    sim.finish(0, State::unhealthy(Reason::Timeout));
    sim.pass(TICK);
    assert_eq!(sim.waits(Probe::Readiness), None);
}

#[test]
fn a_probe_does_not_wait_for_critical_checks_of_other_probes() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness().critical()]);
    assert_eq!(sim.waits(Probe::Readiness), None);
    assert_eq!(sim.waits(Probe::Health), Some(BUDGET), "all checks are its own");
}

#[test]
fn a_probe_waits_only_for_startup_and_critical_checks_while_the_service_starts() {
    let mut sim = Sim::new([cache(), CheckSpec::new("migrated").startup()]);
    assert_eq!(
        sim.core.awaited(Probe::Readiness, WHOLE, sim.now, 0, sim.now),
        Some((1, BUDGET))
    );
    sim.fail_check(1);
    sim.pass(ms(1));
    assert_eq!(
        sim.waits(Probe::Readiness),
        None,
        "what is not critical is not waited for"
    );
}

#[test]
fn readiness_refreshes_a_startup_check_only_until_the_start() {
    let mut sim = Sim::new([CheckSpec::new("worker").startup().liveness().ttl(ms(1))]);
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    sim.pass_check(0);
    sim.started();
    sim.pass(ms(10));
    sim.waits(Probe::Readiness);
    assert!(sim.started().is_empty());
    sim.waits(Probe::Liveness);
    assert_eq!(sim.started(), [0]);
}

#[test]
fn no_probe_waits_for_a_run_that_replaces_a_result_in_the_background() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.pass(ms(1));
    sim.core.start(0, sim.now);
    assert_eq!(sim.waits(Probe::Readiness), None);
}
