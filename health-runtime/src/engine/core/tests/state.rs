//! The state of a check: the first match counts. This also holds after a freeze.

use super::*;

#[test]
fn a_disabled_check_is_healthy_and_never_runs() {
    let mut sim = Sim::new([CheckSpec::new("disabled").critical()]);
    sim.pass(ms(60_000));
    assert_eq!(sim.waits(Probe::Readiness), None);
    sim.core.start(0, sim.now);
    assert!(sim.started().is_empty());
    assert_eq!(
        (sim.state(0).status, sim.reason(0)),
        (Status::Healthy, Some(Reason::Disabled))
    );
    assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
}

#[test]
fn a_run_that_exceeds_its_timeout_by_250_ms_is_stuck_until_it_ends() {
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
fn an_old_failure_does_not_become_stale_and_still_fails_liveness() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness().readiness().ttl(ms(1_000))]);
    for _ in 0..3 {
        sim.waits(Probe::Liveness); // starts a run, and does not wait for it
        sim.fail_check(0);
        sim.freeze(ms(35_000));
        assert_eq!(sim.state(0), State::unhealthy(Reason::Error));
        assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
    }
    sim.waits(Probe::Liveness);
    sim.pass_check(0);
    sim.freeze(ms(35_000));
    assert_eq!(sim.reason(0), Some(Reason::Stale), "only a success becomes stale");
    assert_eq!(sim.status(Probe::Liveness), Status::Degraded);
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
        sim.core.start(0, sim.now);
        sim.finish(0, state);
        assert_eq!(sim.state(0), state);
    }
}

#[test]
fn a_freeze_does_not_make_a_run_stuck_or_time_out() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness()]);
    sim.pass(ms(100));
    sim.freeze(ms(30_000));
    assert_eq!(sim.reason(0), Some(Reason::Pending), "not stuck");
    assert_eq!(
        sim.core.time_left(0, sim.now),
        Some(ms(1_850)),
        "nor out of time: a freeze counts for one tick"
    );
    assert!(sim.status(Probe::Liveness).passes());
    sim.pass(TICK);
    assert!(sim.status(Probe::Liveness).passes());
    assert!(
        sim.events()
            .iter()
            .any(|event| matches!(event, Event::Frozen { lost } if *lost == ms(30_000)))
    );
}

#[test]
fn a_view_made_before_a_freeze_was_detected_is_not_used_after_it() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness().timeout(ms(400))]);
    sim.pass(ms(500));
    sim.freeze(ms(200));
    let (view, until) = sim.core.view(sim.now);
    assert_eq!(view.verdict(Probe::Liveness).status, Status::Unhealthy, "stuck");
    assert_eq!(until.states(), sim.now + ms(50), "a longer gap is a freeze");
    sim.freeze(ms(51));
    assert_eq!(sim.reason(0), Some(Reason::Pending));
    sim.freeze(ms(10_000));
    sim.core.view(sim.now);
    sim.core.take_effects();
    sim.core.tick(sim.now);
    assert!(
        sim.core.take_effects().changed,
        "whatever was seen in between holds no longer"
    );
}

#[test]
fn a_freeze_does_not_use_up_a_short_timeout() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness().timeout(ms(150))]);
    sim.pass(ms(50));
    sim.freeze(ms(30_000));
    for _ in 0..2 {
        assert_eq!(sim.core.time_left(0, sim.now), Some(ms(50)));
        assert!(sim.status(Probe::Liveness).passes());
        sim.core.tick(sim.now);
    }
}

#[test]
fn a_run_that_the_runtime_has_not_polled_is_neither_late_nor_stuck() {
    let mut sim = Sim::new([CheckSpec::new("worker").liveness()]);
    sim.pass_check(0);
    sim.core.start(0, sim.now);
    for _ in 0..1_000 {
        sim.now += ms(50);
        sim.core.tick(sim.now); // the runtime polls nothing
    }
    assert_eq!(sim.core.time_left(0, sim.now), Some(ms(2_000)));
    assert_eq!(sim.reason(0), Some(Reason::Stale), "readiness knows nothing");
    assert!(sim.status(Probe::Liveness).passes(), "and liveness has no evidence");
    sim.core.began(0, sim.now);
    sim.pass(ms(2_250));
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
}

#[test]
fn a_run_has_its_whole_timeout() {
    let mut sim = Sim::new([db()]);
    sim.pass(ms(1_999));
    assert_eq!(sim.core.time_left(0, sim.now), Some(ms(1)));
    sim.pass(ms(1));
    assert_eq!(sim.core.time_left(0, sim.now), None);
    sim.pass_check(0);
    assert_eq!(sim.core.time_left(0, sim.now), None, "there is none in flight");
}

#[test]
fn a_result_becomes_stale_without_a_tick() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.freeze(ms(18_000));
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
}

#[test]
fn only_a_freeze_of_at_least_one_second_sends_an_event() {
    for (frozen, told) in [(1_049, 0), (1_050, 1)] {
        let mut sim = Sim::new([]);
        sim.freeze(ms(frozen));
        sim.tick();
        let freezes = sim
            .events()
            .into_iter()
            .filter(|event| matches!(event, Event::Frozen { .. }));
        assert_eq!(freezes.count(), told, "{frozen} ms, of which a tick counts");
    }
}
