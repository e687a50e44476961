//! Readiness and the servers: a service that needs a server and has none is not ready.

use super::super::servers::Servers;
use super::*;

fn ready() -> Sim {
    let mut sim = Sim::new([]);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
    sim
}

#[test]
fn readiness_fails_until_a_listener_accepts_and_after_it_has_closed() {
    let mut sim = ready();
    sim.core.servers(Servers::listen);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Starting));
    assert_eq!(sim.view().standing.phase, Phase::Starting);
    assert_eq!(sim.says(Probe::Startup), State::HEALTHY, "the start is over");
    sim.core.servers(Servers::accept);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
    sim.core.servers(Servers::cease);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::NotServing));
    assert_eq!(sim.says(Probe::Liveness), State::HEALTHY);
    assert_eq!(sim.view().standing.phase, Phase::Running);
}

#[test]
fn a_probe_waits_for_a_first_result_as_soon_as_a_listener_accepts() {
    let mut sim = Sim::new([db().readiness().startup()]);
    sim.core.servers(Servers::listen);
    assert_eq!(sim.waits(Probe::Readiness), None, "no server accepts");
    let view = sim.until(Probe::Readiness);
    assert!(view > sim.now, "no probe looks for itself");
    sim.core.take_effects();
    sim.core.servers(Servers::accept);
    assert!(sim.waits(Probe::Readiness).is_some());
    assert!(
        sim.core.take_effects().changed,
        "the view with which no probe waits is no longer valid"
    );
}

#[test]
fn the_service_is_ready_while_one_of_several_listeners_accepts() {
    let mut sim = ready();
    for note in [
        Servers::listen,
        Servers::listen,
        Servers::accept,
        Servers::accept,
        Servers::cease,
    ] {
        sim.core.servers(note);
    }
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
    sim.core.servers(Servers::cease);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::NotServing));
}

#[test]
fn a_listener_that_closes_while_the_service_drains_changes_nothing() {
    let mut sim = ready();
    sim.core.servers(Servers::listen);
    sim.core.servers(Servers::accept);
    sim.core.drain(ms(500), sim.now);
    sim.core.servers(Servers::cease);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Draining));
}

#[test]
fn readiness_with_a_port_for_probes_waits_for_the_server_of_the_public_probes() {
    let mut sim = ready();
    sim.core.servers(Servers::offer_port);
    assert_eq!(
        sim.says(Probe::Readiness),
        State::HEALTHY,
        "a service without public probes needs no server"
    );
    sim.core.servers(Servers::offer_public);
    assert_eq!(sim.says(Probe::Readiness), State::unhealthy(Reason::Starting));
    sim.core.servers(Servers::run);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
}

#[test]
fn readiness_without_a_port_for_probes_waits_for_no_server() {
    let mut sim = ready();
    sim.core.servers(Servers::offer_public);
    assert_eq!(sim.says(Probe::Readiness), State::HEALTHY);
}

#[test]
fn a_missing_server_is_logged_once_after_ten_seconds() {
    let mut sim = ready();
    sim.core.servers(Servers::listen);
    let mut told = Vec::new();
    for second in 0..60 {
        sim.pass(ms(1_000));
        let events = sim.events();
        told.extend(
            events
                .iter()
                .filter(|event| matches!(event, Event::NoServer))
                .map(|_| second),
        );
    }
    assert_eq!(told, [10]);
    let mut served = ready();
    served.core.servers(Servers::listen);
    served.pass(ms(9_000));
    served.core.servers(Servers::accept);
    served.pass(ms(60_000));
    assert!(!served.events().iter().any(|event| matches!(event, Event::NoServer)));
}

#[test]
fn a_missing_server_is_not_logged_while_the_service_starts_or_drains() {
    let mut sim = Sim::starting([], false);
    assert!(sim.core.open_task());
    sim.core.arm(sim.now);
    sim.core.servers(Servers::listen);
    sim.pass(ms(60_000));
    assert!(!sim.events().iter().any(|event| matches!(event, Event::NoServer)));
    sim.core.close_task(true, sim.now);
    for _ in 0..12 {
        sim.pass(ms(1_000));
    }
    assert!(sim.events().iter().any(|event| matches!(event, Event::NoServer)));

    let mut drained = ready();
    drained.core.servers(Servers::listen);
    drained.core.drain(Duration::from_mins(5), drained.now);
    drained.pass(ms(60_000));
    drained.pass(ms(60_000));
    assert!(!drained.events().iter().any(|event| matches!(event, Event::NoServer)));
}
