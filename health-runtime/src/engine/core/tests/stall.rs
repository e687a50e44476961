//! The heartbeat: whether the runtime still runs new tasks.

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

/// Lets time pass without a beat.
fn silence(sim: &mut Sim, time: Duration) {
    let end = sim.now + time;
    while sim.now < end {
        sim.now = end.min(sim.now + TICK);
        sim.core.tick(sim.now);
    }
}

fn watched(specs: impl IntoIterator<Item = CheckSpec>) -> Sim {
    let mut sim = Sim::new(specs);
    sim.core.watch(LIMIT, sim.now);
    for index in 0..sim.core.slots.len() {
        sim.pass_check(index);
    }
    sim.pass(ms(1_000));
    sim
}

fn beats(sim: &mut Sim, time: Duration) -> usize {
    let end = sim.now + time;
    let mut beats = 0;
    while sim.now < end {
        sim.pass(TICK);
        if sim.core.take_effects().beat {
            beats += 1;
            sim.core.beat(sim.now);
        }
    }
    beats
}

#[test]
fn a_beat_is_sent_every_250_ms_with_at_most_one_in_flight() {
    let mut sim = Sim::new([]);
    assert_eq!(beats(&mut sim, ms(10_000)), 0, "nobody watches");
    sim.core.watch(LIMIT, sim.now);
    assert_eq!(beats(&mut sim, ms(10_000)), 40);
    sim.pass(ms(250));
    assert!(sim.core.take_effects().beat);
    sim.pass(ms(5_000));
    assert!(!sim.core.take_effects().beat, "the last has not arrived");
}

#[test]
fn a_stall_fails_liveness_and_readiness_until_the_next_beat() {
    let mut sim = watched([]);
    silence(&mut sim, ms(8_999));
    assert!(sim.status(Probe::Liveness).passes());
    silence(&mut sim, ms(1));
    for probe in [Probe::Liveness, Probe::Readiness, Probe::Health] {
        assert_eq!(sim.says(probe), State::unhealthy(Reason::Stalled), "{probe}");
    }
    assert_eq!(sim.says(Probe::Startup), State::HEALTHY, "that has been");
    assert!(sim.core.take_effects().beat);
    sim.core.beat(sim.now);
    assert!(
        sim.core.take_effects().changed,
        "a view that says stalled holds no longer"
    );
    for probe in Probe::ALL {
        assert_eq!(sim.says(probe), State::HEALTHY, "{probe}");
    }
}

#[test]
fn a_view_is_valid_at_most_until_the_stall() {
    let mut sim = watched([]);
    silence(&mut sim, ms(8_950));
    assert_eq!(sim.until(Probe::Liveness), sim.now + ms(50));
}

#[test]
fn a_frozen_process_does_not_count_as_stalled() {
    let mut sim = watched([]);
    for _ in 0..10 {
        sim.freeze(ms(60_000));
        assert!(sim.status(Probe::Liveness).passes());
        sim.pass(TICK);
        assert!(sim.status(Probe::Liveness).passes());
    }
}

#[test]
fn a_runtime_that_nobody_watches_never_stalls() {
    let mut sim = Sim::new([]);
    silence(&mut sim, ms(600_000));
    assert!(sim.status(Probe::Liveness).passes());
    assert_eq!(sim.view().standing.lag, None);
    sim.core.watch(LIMIT, sim.now);
    assert!(sim.status(Probe::Liveness).passes(), "it begins when somebody watches");
}

#[test]
fn the_first_watch_sets_the_stall_limit() {
    let mut sim = Sim::new([]);
    sim.core.watch(ms(2_000), sim.now);
    sim.core.watch(LIMIT, sim.now);
    silence(&mut sim, ms(2_000));
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
}

#[test]
fn late_checks_report_stalled_while_the_runtime_is_stalled() {
    let mut sim = watched([db(), cache().interval(ms(60_000)), db().max_age(ms(7_001))]);
    sim.core.start(0, sim.now);
    sim.core.began(0, sim.now);
    silence(&mut sim, ms(8_999));
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
    assert_eq!(sim.reason(2), Some(Reason::Stale));
    silence(&mut sim, ms(1));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stalled));
    assert_eq!(sim.state(1), State::HEALTHY, "its result is young enough");
    assert_eq!(sim.state(2), State::unhealthy(Reason::Stalled));
    sim.core.beat(sim.now);
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY);
}

#[test]
fn no_probe_waits_while_the_runtime_is_stalled() {
    let mut sim = watched([db().ttl(ms(0)), CheckSpec::new("start").startup()]);
    assert!(sim.waits(Probe::Readiness).is_some());
    sim.pass_check(0);
    silence(&mut sim, LIMIT);
    assert_eq!(sim.waits(Probe::Readiness), None);
}

#[test]
fn draining_takes_precedence_over_stalled_and_stalled_over_held() {
    let mut sim = watched([]);
    silence(&mut sim, LIMIT);
    sim.core.hold();
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Stalled));
    sim.core.drain(ms(1_000), sim.now);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Draining));
    let degraded = State {
        status: Status::Degraded,
        reason: Some(Reason::Stalled),
    };
    assert_eq!(
        sim.says(Probe::Liveness),
        degraded,
        "nothing is restarted that is about to end"
    );
}

#[test]
fn the_lag_is_that_of_the_last_beat_or_of_the_beat_in_flight() {
    let mut sim = watched([]);
    assert!(sim.core.take_effects().beat);
    sim.core.beat(sim.now);
    assert_eq!(
        sim.view().standing.lag,
        Some(ms(750)),
        "sent after a quarter of the second"
    );
    sim.pass(ms(250));
    sim.core.beat(sim.now);
    assert_eq!(sim.view().standing.lag, Some(Duration::ZERO));
    sim.pass(ms(350));
    assert_eq!(sim.view().standing.lag, Some(ms(100)));
}

#[test]
fn a_stall_and_its_end_send_one_event_each() {
    let mut sim = watched([]);
    sim.view();
    sim.events();
    silence(&mut sim, LIMIT);
    for _ in 0..3 {
        sim.view();
    }
    let stalls = |events: Vec<Event>| {
        let stalls = events.into_iter().filter_map(|event| match event {
            Event::Stalled { stalled } => Some(stalled),
            _ => None,
        });
        stalls.collect::<Vec<_>>()
    };
    assert_eq!(stalls(sim.events()), [true]);
    sim.core.beat(sim.now);
    sim.view();
    assert_eq!(stalls(sim.events()), [false]);
}
