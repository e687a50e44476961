//! How probes follow from their checks, and which views and events are made.

use std::ops::Range;
use std::slice::from_ref;

use super::*;

#[test]
fn a_critical_failure_fails_readiness_and_a_non_critical_failure_degrades_it() {
    let mut sim = Sim::new([db(), cache()]);
    sim.pass_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded, "cache is pending");
    sim.fail_check(1);
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
    sim.core.start(1, sim.now);
    sim.pass_check(1);
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
    sim.core.start(0, sim.now);
    sim.fail_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    sim.core.start(0, sim.now);
    let degraded = State {
        status: Status::Degraded,
        reason: Some(Reason::Reported),
    };
    sim.finish(0, degraded);
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
}

#[test]
fn a_probe_considers_only_its_own_checks() {
    let mut sim = Sim::new([db(), CheckSpec::new("worker").liveness()]);
    sim.pass_check(0);
    sim.fail_check(1);
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
    assert_eq!(sim.status(Probe::Health), Status::Unhealthy, "liveness fails");
    let view = sim.view();
    let names = |probe| view.briefs(probe, WHOLE).map(|(index, _)| index).collect::<Vec<_>>();
    assert_eq!(names(Probe::Readiness), [0]);
    assert_eq!(names(Probe::Liveness), [1]);
    assert!(names(Probe::Startup).is_empty());
    assert_eq!(names(Probe::Health), [0, 1]);
}

#[test]
fn liveness_fails_only_on_evidence_of_a_failure() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness()]);
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded, "pending");
    for reason in [Reason::Error, Reason::Timeout, Reason::Panic, Reason::Reported] {
        sim.core.start(0, sim.now);
        sim.finish(0, State::unhealthy(reason));
        assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy, "{reason}");
    }
    sim.core.start(0, sim.now);
    sim.finish(0, State::unhealthy(Reason::Cancelled));
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded, "cancelled");
    sim.core.start(0, sim.now);
    sim.pass_check(0);
    sim.freeze(ms(20_000));
    assert_eq!(sim.reason(0), Some(Reason::Stale));
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded, "stale");
    sim.pass(ms(3_000));
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy, "stuck");
}

#[test]
fn a_service_without_checks_is_ready_once_started() {
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
    sim.core.start(0, sim.now);
    sim.pass_check(0);
    assert_eq!(sim.status(Probe::Health), Status::Healthy);
    sim.core.hold();
    assert_eq!(sim.says(Probe::Health), State::unhealthy(Reason::Held));
}

#[test]
fn a_view_is_valid_no_longer_than_any_state_in_it() {
    let mut sim = Sim::new([db(), cache()]);
    sim.pass_check(0);
    sim.pass_check(1);
    assert_eq!(sim.until(Probe::Readiness), sim.now + ms(100), "latencies");
    sim.freeze(ms(16_950));
    assert_eq!(sim.until(Probe::Readiness), ms(17_000), "stale");
    let mut sim = Sim::new([db()]);
    sim.pass(ms(2_200));
    assert_eq!(sim.until(Probe::Readiness), ms(2_250), "stuck");
    let mut sim = Sim::new([db().ttl(ms(50))]);
    assert_eq!(sim.until(Probe::Readiness), Time::ZERO, "every probe has to look");
    sim.waits(Probe::Readiness);
    assert_eq!(sim.until(Probe::Readiness), Time::ZERO, "and to wait");
    sim.pass_check(0);
    assert_eq!(sim.until(Probe::Readiness), sim.now + ms(50), "expired");
}

#[test]
fn an_expired_check_invalidates_the_view_only_for_its_own_probes() {
    let mut sim = Sim::new([db().ttl(ms(50)), CheckSpec::new("worker").liveness()]);
    sim.pass_check(1);
    let soon = sim.now + ms(100);
    for (probe, until) in [
        (Probe::Liveness, soon),
        (Probe::Readiness, Time::ZERO),
        (Probe::Startup, soon),
        (Probe::Health, Time::ZERO),
    ] {
        assert_eq!(sim.until(probe), until, "{probe}");
    }
}

#[test]
fn a_view_is_replaced_when_its_content_changes_or_a_probe_waits() {
    let mut sim = Sim::new([db(), cache()]);
    sim.core.take_effects();
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
        sim.core.start(0, sim.now);
        assert!(!sim.core.take_effects().changed, "a start shows nowhere");
        finish(&mut sim, 0);
        assert_eq!(sim.core.take_effects().changed, changed);
    }
}

#[test]
fn an_unchanged_on_demand_result_keeps_the_view_and_wakes_waiting_probes() {
    let mut sim = Sim::new([cache().ttl(ms(1))]);
    sim.core.take_effects();
    for changed in [true, false, false] {
        sim.core.start(0, sim.now);
        assert!(!sim.core.take_effects().changed, "a start changes no view");
        sim.pass_check(0);
        let effects = sim.core.take_effects();
        assert_eq!((effects.changed, effects.arrived), (changed, true));
        let expires = Some(sim.now + ms(1));
        let expected = [None, expires, None, expires];
        assert_eq!(
            effects.asked_for, expected,
            "only its probes look again when it expires"
        );
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
fn a_transition_sends_one_event_with_its_message() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.view();
    sim.events();
    for _ in 0..3 {
        sim.core.start(0, sim.now);
        let result = RunResult::new(State::unhealthy(Reason::Error), Some("refused".into()));
        sim.core.finished(0, result, sim.now);
        sim.view();
    }
    let events = sim.events();
    let [
        Event::Check { to, message, .. },
        Event::Verdicts(_),
        Event::Readiness { from, failing, .. },
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(*failing, [0], "the event names the check that fails");
    assert_eq!(
        (*to, message.as_deref()),
        (State::unhealthy(Reason::Error), Some("refused"))
    );
    assert_eq!(*from, State::HEALTHY);
}

#[test]
fn a_pending_first_result_sends_no_unexpected_readiness_event() {
    let mut sim = Sim::new([db()]);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    let is_readiness = |event: &Event| matches!(event, Event::Readiness { expected: false, .. });
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
        sim.core.awaited(Probe::Readiness, WHOLE, arrived, 0, sim.now),
        Some((0, BUDGET))
    );
    sim.pass_check(0);
    assert_eq!(
        sim.core.awaited(Probe::Readiness, WHOLE, arrived, 0, sim.now),
        Some((1, BUDGET))
    );
    sim.pass_check(1);
    assert_eq!(sim.core.awaited(Probe::Readiness, WHOLE, arrived, 1, sim.now), None);
}

#[test]
fn a_state_change_caused_only_by_time_sends_an_event() {
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
fn an_excluded_check_does_not_affect_the_result_of_a_probe() {
    let mut sim = Sim::new([db(), CheckSpec::new("queue").critical()]);
    sim.fail_check(0);
    sim.pass_check(1);
    let view = sim.view();
    let says = |view: &View, ranges: &[Range<usize>]| view.part(Probe::Readiness, ranges, 0).state;
    assert_eq!(says(&view, from_ref(&(1..2))), State::HEALTHY);
    assert_eq!(says(&view, from_ref(&(0..1))).status, Status::Unhealthy);
    let failed = view.judge_one(Probe::Readiness, 0);
    assert_eq!((failed.status, failed.reason), (Status::Unhealthy, None));
    assert_eq!(view.judge_one(Probe::Readiness, 1), State::HEALTHY);
    sim.core.hold();
    let view = sim.view();
    assert_eq!(view.judge_one(Probe::Readiness, 1), State::unhealthy(Reason::Held));
    assert_eq!(says(&view, &[]), State::unhealthy(Reason::Held));
}

#[test]
fn a_message_that_does_not_explain_the_state_is_left_out() {
    let mut sim = Sim::new([db()]);
    let result = RunResult::new(State::HEALTHY, Some("all is well".into()));
    sim.core.finished(0, result, sim.now);
    sim.events();
    sim.freeze(ms(18_000));
    sim.view();
    let events = sim.events();
    let Some(Event::Check { to, message, .. }) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!((to.reason, message.as_deref()), (Some(Reason::Stale), None));
}

#[test]
fn only_pending_critical_checks_make_a_readiness_failure_expected() {
    let expects = |finish: fn(&mut Sim)| {
        let mut sim = Sim::new([db(), cache(), CheckSpec::new("queue").critical()]);
        finish(&mut sim);
        sim.view().is_only_pending()
    };
    assert!(expects(|_| {}));
    assert!(expects(|sim| sim.fail_check(1)), "it does not fail readiness");
    assert!(expects(|sim| sim.pass_check(0)), "it does not either");
    assert!(!expects(|sim| sim.fail_check(0)));
    let nothing = |sim: &mut Sim| {
        sim.pass_check(0);
        sim.pass_check(2);
    };
    assert!(!expects(nothing), "nothing fails");
    assert!(!expects(|sim| sim.core.hold()), "something else does");
}
