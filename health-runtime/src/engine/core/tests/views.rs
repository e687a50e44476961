//! How long a view is valid. A probe must not cost more when a check fails.

use super::*;

/// How long a view is valid if nothing is about to change.
const USUAL: Duration = Duration::from_millis(100);

#[test]
fn a_view_of_a_stale_stuck_or_stalled_state_is_valid_for_the_usual_time() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.freeze(ms(18_000));
    assert_eq!(sim.reason(0), Some(Reason::Stale));
    assert_eq!(sim.until(Probe::Readiness), sim.now + USUAL, "stale");
    let mut sim = Sim::new([db()]);
    sim.pass(ms(3_000));
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
    assert_eq!(sim.until(Probe::Readiness), sim.now + USUAL, "stuck");
    let mut sim = Sim::new([]);
    sim.core.watch(ms(1_000), sim.now);
    sim.pass(ms(2_000));
    assert_eq!(sim.says(Probe::Liveness), State::unhealthy(Reason::Stalled));
    assert_eq!(sim.until(Probe::Liveness), sim.now + USUAL, "stalled");
}

#[test]
fn a_view_is_valid_for_the_usual_time_after_an_on_demand_run_exceeds_the_budget() {
    let mut sim = Sim::new([db().ttl(ms(1_000)).timeout(ms(5_000))]);
    sim.waits(Probe::Readiness);
    sim.pass_check(0);
    sim.pass(ms(2_000));
    sim.waits(Probe::Readiness);
    assert_eq!(sim.until(Probe::Readiness), Time::ZERO, "a probe waits");
    sim.pass(BUDGET);
    assert_eq!(sim.until(Probe::Readiness), sim.now + USUAL);
}

#[test]
fn an_on_demand_run_that_no_probe_waits_for_does_not_shorten_the_view() {
    for ttl in [0, 1_000] {
        let mut sim = Sim::new([db(), cache().ttl(ms(ttl))]);
        sim.pass_check(0);
        sim.waits(Probe::Readiness);
        assert_eq!(
            sim.until(Probe::Readiness),
            Time::ZERO,
            "probes wait for its first result"
        );
        assert_eq!(
            sim.until(Probe::Liveness),
            sim.now + USUAL,
            "it is not in the liveness probe"
        );
        sim.pass_check(1);
        sim.pass(ms(2_000));
        assert_eq!(sim.until(Probe::Readiness), Time::ZERO, "it has to be started");
        sim.waits(Probe::Readiness);
        assert_eq!(sim.until(Probe::Readiness), sim.now + USUAL, "ttl {ttl} ms");
        assert_eq!(sim.until(Probe::Health), sim.now + USUAL, "ttl {ttl} ms");
    }
    let mut sim = Sim::new([CheckSpec::new("worker").liveness().critical().ttl(ms(0))]);
    sim.waits(Probe::Liveness);
    assert_eq!(
        sim.until(Probe::Liveness),
        sim.now + USUAL,
        "liveness waits for nothing"
    );
}

#[test]
fn a_view_is_valid_for_the_usual_time_while_the_probe_may_not_wait() {
    let mut sim = Sim::new([db().ttl(ms(0))]);
    sim.waits(Probe::Readiness);
    assert_eq!(sim.until(Probe::Readiness), Time::ZERO);
    sim.core.drain(ms(10_000), sim.now);
    assert_eq!(sim.until(Probe::Readiness), sim.now + USUAL, "the service drains");
}

#[test]
fn an_ended_check_does_not_shorten_a_view() {
    let mut sim = Sim::new([CheckSpec::new("migrated").startup().ttl(ms(50)).max_age(ms(5_000))]);
    sim.waits(Probe::Startup);
    sim.pass_check(0);
    assert_eq!(sim.until(Probe::Health), sim.now + USUAL, "it does not expire");
    sim.pass(ms(4_950));
    assert_eq!(sim.until(Probe::Health), sim.now + USUAL, "nor grow stale");
}

#[test]
fn a_view_is_valid_until_the_first_check_expires() {
    for ttls in [[1, 50], [50, 1]] {
        let mut sim = Sim::new(ttls.map(|ttl| cache().ttl(ms(ttl))));
        sim.waits(Probe::Readiness);
        sim.pass_check(0);
        sim.pass_check(1);
        let first = sim.now + ms(1);
        assert_eq!(sim.until(Probe::Readiness), first);
        sim.pass(ms(2));
        assert_eq!(sim.until(Probe::Readiness), Time::ZERO, "it has expired");
    }
}

#[test]
fn checks_that_fail_a_probe_are_listed_before_checks_that_only_degrade_it() {
    let mut sim = Sim::new([cache(), CheckSpec::new("worker").liveness()]);
    sim.fail_check(0);
    sim.fail_check(1);
    let first = |sim: &mut Sim, probe| sim.view().part(probe, WHOLE, 9).first;
    assert_eq!(
        first(&mut sim, Probe::Health),
        [1, 0],
        "a failing liveness check fails it"
    );
    assert_eq!(first(&mut sim, Probe::Liveness), [1]);
    assert_eq!(first(&mut sim, Probe::Readiness), [0]);
}
