//! The breaker: closed → open → half-open → closed.

use super::*;
use crate::spec::Breaker;

const RESET: Duration = Duration::from_secs(30);

fn gentle() -> CheckSpec {
    db().breaker(Breaker::new().failures(3).successes(2).reset(RESET))
}

/// A service with a breaker that has just opened.
fn open(spec: CheckSpec) -> Sim {
    let mut sim = Sim::new([spec]);
    sim.core.start(0, sim.now);
    for _ in 0..3 {
        sim.fail_check(0);
        sim.core.start(0, sim.now);
    }
    sim.started();
    assert_eq!(sim.state(0), State::unhealthy(Reason::BreakerOpen));
    sim
}

#[test]
fn a_breaker_opens_after_the_set_number_of_consecutive_failures_and_blocks_runs() {
    let mut sim = Sim::new([gentle()]);
    for passes in [false, false, true, false, false] {
        let state = if passes {
            State::HEALTHY
        } else {
            State::unhealthy(Reason::Error)
        };
        sim.rerun(0, state);
        assert_eq!(sim.state(0), state, "closed");
    }
    sim.rerun(0, State::unhealthy(Reason::Error));
    assert_eq!(sim.state(0), State::unhealthy(Reason::BreakerOpen));
    sim.started();
    for _ in 0..290 {
        sim.pass(ms(100));
        sim.core.start(0, sim.now);
        assert_eq!(sim.waits(Probe::Readiness), None);
    }
    assert!(sim.started().is_empty(), "a call while it is open");
    assert_eq!(sim.reason(0), Some(Reason::BreakerOpen), "its age does not count");
}

#[test]
fn an_open_breaker_starts_one_trial_after_each_reset_time() {
    let mut sim = open(gentle());
    for _ in 0..3 {
        sim.pass(ms(29_950));
        assert!(sim.started().is_empty(), "before the reset is over");
        sim.pass(ms(50));
        assert_eq!(sim.started(), [0]);
        assert_eq!(sim.reason(0), Some(Reason::BreakerOpen), "half-open");
        assert_eq!(sim.waits(Probe::Readiness), None, "no probe waits for a trial");
        sim.fail_check(0);
        assert_eq!(sim.reason(0), Some(Reason::BreakerOpen));
    }
}

#[test]
fn a_breaker_closes_after_enough_passed_trials_whatever_the_success_threshold() {
    let mut sim = open(gentle().success_threshold(5));
    sim.pass(RESET);
    sim.pass_check(0);
    assert_eq!(sim.reason(0), Some(Reason::BreakerOpen), "one of two");
    sim.pass(ms(6_000));
    assert_eq!(sim.started(), [0, 0], "the second comes at the usual pace");
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY, "whatever the threshold");
    sim.rerun(0, State::unhealthy(Reason::Error));
    assert_eq!(sim.reason(0), Some(Reason::Error), "failures are counted anew");
}

#[test]
fn a_failed_trial_resets_the_count_of_successful_trials() {
    let mut sim = open(gentle());
    sim.pass(RESET);
    sim.pass_check(0);
    sim.pass(ms(6_000));
    sim.fail_check(0);
    sim.pass(RESET);
    sim.pass_check(0);
    assert_eq!(sim.reason(0), Some(Reason::BreakerOpen));
}

#[test]
fn a_thousand_probes_start_one_trial() {
    let mut sim = open(gentle().ttl(ms(1_000)));
    let ask = |sim: &mut Sim| {
        for _ in 0..1_000 {
            assert_eq!(sim.waits(Probe::Readiness), None);
        }
        sim.started().len()
    };
    sim.pass(ms(29_950));
    assert_eq!(ask(&mut sim), 0);
    assert_eq!(
        sim.until(Probe::Readiness),
        sim.now + ms(50),
        "a probe has to look then"
    );
    sim.pass(ms(50));
    assert_eq!(ask(&mut sim), 1, "a trial");
    sim.pass_check(0);
    assert_eq!(ask(&mut sim), 0, "the next one is a period away");
    sim.pass(ms(1_001));
    assert_eq!(ask(&mut sim), 1);
}

#[test]
fn a_trial_that_hangs_is_stuck() {
    let mut sim = open(gentle());
    sim.pass(RESET);
    sim.pass(ms(2_250));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stuck));
}

#[test]
fn an_open_breaker_fails_liveness() {
    let spec = CheckSpec::new("worker").liveness().readiness();
    let mut sim = open(spec.breaker(Breaker::new().failures(3).reset(RESET)));
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
}

#[test]
fn fail_open_lowers_an_open_breaker_to_degraded() {
    let mut sim = Sim::new([gentle().fail_open()]);
    sim.pass_check(0);
    for _ in 0..3 {
        sim.rerun(0, State::unhealthy(Reason::Error));
    }
    let lowered = State {
        status: Status::Degraded,
        reason: Some(Reason::BreakerOpen),
    };
    assert_eq!(sim.state(0), lowered);
}

#[test]
fn the_event_of_an_opened_breaker_contains_the_error() {
    let mut sim = Sim::new([gentle()]);
    sim.events();
    for _ in 0..3 {
        sim.core.start(0, sim.now);
        let state = State::unhealthy(Reason::Error);
        let result = RunResult::new(state, Some("refused".into()));
        sim.core.finished(0, result, sim.now);
    }
    let events = sim.events();
    let Some(Event::Check { to, message, .. }) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (to.reason, message.as_deref()),
        (Some(Reason::BreakerOpen), Some("refused"))
    );
}

#[test]
fn an_open_breaker_does_not_make_a_check_due_more_often() {
    let mut sim = open(gentle());
    sim.pass(RESET.saturating_mul(3));
    assert!(sim.core.slots[0].due.is_some());
}

#[test]
fn the_end_of_the_reset_does_not_shorten_a_view_before_the_result_expires() {
    let mut sim = open(gentle().ttl(ms(60_000)));
    sim.pass(ms(29_950));
    assert_eq!(sim.until(Probe::Readiness), sim.now + ms(100));
}
