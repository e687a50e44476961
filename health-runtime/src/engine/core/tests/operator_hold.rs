//! The hold of an operator.

use super::*;

fn held(sim: &mut Sim) -> bool {
    sim.view().standing.gate == Some(Reason::Held)
}

fn started() -> Sim {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.events();
    sim
}

#[test]
fn it_ends_by_itself_at_its_time_and_no_view_outlives_it() {
    let mut sim = started();
    sim.core.hold_until("keys".into(), sim.now + ms(1_030));
    assert!(held(&mut sim));
    sim.pass(ms(1_000));
    assert!(held(&mut sim));
    let until = sim.until(Probe::Readiness);
    assert_eq!(until, sim.now + ms(30), "the next view is made when the hold ends");
    sim.freeze(ms(30));
    assert!(!held(&mut sim));
    let events = sim.events();
    assert!(
        matches!(&events[0], Event::Held { reason } if &**reason == "keys"),
        "{events:?}"
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Released { reason } if &**reason == "keys")),
        "{events:?}"
    );
}

#[test]
fn a_second_one_replaces_the_first_and_a_release_leaves_the_holds_of_the_application() {
    let mut sim = started();
    sim.core.hold_until("first".into(), sim.now + ms(500));
    sim.core.hold_until("second".into(), sim.now + ms(5_000));
    let names = |sim: &Sim| {
        sim.core
            .waits
            .holds
            .iter()
            .map(|hold| hold.reason.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&sim), ["second"]);
    sim.freeze(ms(1_000));
    assert!(held(&mut sim), "the end of the first one does not count any more");
    sim.core.hold();
    assert!(sim.core.release_operator());
    assert!(held(&mut sim), "the application still holds");
    assert!(!sim.core.release_operator(), "there is none any more");
    sim.core.release();
    assert!(!held(&mut sim));
}
