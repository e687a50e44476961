//! A dependency that is fully in use: when `exhausted` fails, and when it becomes `saturated` and passes.

use super::{Sim, cache, db, ms};
use crate::engine::State;
use crate::outcome::{Reason, Status};
use crate::spec::{Breaker, CheckSpec, Probe};

const EXHAUSTED: State = State::unhealthy(Reason::Exhausted);

const SATURATED: State = State {
    status: Status::Degraded,
    reason: Some(Reason::Saturated),
};

/// A service with one critical check, which has a `max_age` of 10 s.
fn sim(db: CheckSpec) -> Sim {
    Sim::new([db.max_age(ms(10_000))])
}

#[test]
fn an_exhausted_dependency_is_degraded_until_max_age_after_its_last_answer() {
    let mut sim = sim(db());
    sim.pass_check(0);
    for _ in 0..10 {
        sim.now += ms(1_000);
        sim.rerun(0, EXHAUSTED);
        assert_eq!(sim.state(0), SATURATED);
        assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
    }
    sim.now += ms(1);
    sim.rerun(0, EXHAUSTED);
    assert_eq!(sim.state(0), EXHAUSTED);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    sim.rerun(0, State::HEALTHY);
    assert_eq!(sim.state(0), State::HEALTHY);
}

#[test]
fn a_dependency_that_has_never_answered_is_exhausted() {
    let mut sim = sim(db());
    sim.finish(0, EXHAUSTED);
    assert_eq!(sim.state(0), EXHAUSTED);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
}

#[test]
fn an_exhausted_run_does_not_make_a_failing_check_pass() {
    let mut sim = sim(db());
    sim.pass_check(0);
    sim.rerun(0, State::unhealthy(Reason::Error));
    sim.rerun(0, EXHAUSTED);
    assert_eq!(sim.state(0), EXHAUSTED);
}

#[test]
fn an_exhausted_run_does_not_close_a_breaker() {
    let breaker = Breaker::new().failures(1).successes(1).reset(ms(1_000));
    let mut sim = sim(db().breaker(breaker));
    sim.pass_check(0);
    sim.rerun(0, State::unhealthy(Reason::Error));
    sim.now += ms(1_000);
    sim.rerun(0, EXHAUSTED);
    assert_eq!(sim.reason(0), Some(Reason::BreakerOpen));
}

#[test]
fn failures_below_the_threshold_do_not_make_a_busy_dependency_fail() {
    let mut sim = sim(db().failure_threshold(2));
    sim.pass_check(0);
    sim.rerun(0, State::unhealthy(Reason::Error));
    sim.rerun(0, EXHAUSTED);
    assert_eq!(sim.state(0), SATURATED);
}

#[test]
fn a_failure_below_the_threshold_does_not_count_as_an_answer() {
    let mut sim = sim(db().failure_threshold(3));
    sim.pass_check(0);
    sim.now += ms(10_000);
    sim.rerun(0, State::unhealthy(Reason::Error));
    sim.now += ms(1);
    sim.rerun(0, EXHAUSTED);
    sim.rerun(0, EXHAUSTED);
    assert_eq!(sim.state(0), EXHAUSTED);
}

#[test]
fn slow_and_saturated_results_count_as_answers() {
    let slow = State {
        status: Status::Degraded,
        reason: Some(Reason::Slow),
    };
    for answer in [slow, SATURATED] {
        let mut sim = sim(db());
        sim.pass_check(0);
        sim.now += ms(9_000);
        sim.rerun(0, answer);
        sim.now += ms(9_000);
        sim.rerun(0, EXHAUSTED);
        assert_eq!(sim.state(0), SATURATED);
    }
}

#[test]
fn fail_open_lowers_exhausted_to_degraded_once_the_check_has_passed() {
    let mut sim = sim(db().fail_open());
    sim.finish(0, EXHAUSTED);
    assert_eq!(sim.state(0), EXHAUSTED, "it has never passed");
    sim.rerun(0, State::HEALTHY);
    sim.now += ms(10_001);
    sim.rerun(0, EXHAUSTED);
    let waived = State {
        status: Status::Degraded,
        reason: Some(Reason::Exhausted),
    };
    assert_eq!(sim.state(0), waived);
}

#[test]
fn an_exhausted_dependency_does_not_fail_liveness() {
    let mut sim = Sim::new([cache().liveness()]);
    sim.finish(0, EXHAUSTED);
    assert_eq!(sim.reason(0), Some(Reason::Exhausted));
    assert!(sim.status(Probe::Liveness).passes());
}

#[test]
fn a_lowered_result_that_is_stale_fails() {
    let mut sim = sim(db());
    sim.pass_check(0);
    sim.rerun(0, EXHAUSTED);
    sim.freeze(ms(10_001));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stale));
}
