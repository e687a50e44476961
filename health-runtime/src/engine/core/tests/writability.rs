//! What took writes before and is read-only now.

use super::{Sim, db, ms};
use crate::engine::run::judged;
use crate::engine::{Event, State};
use crate::outcome::{IntoOutcome, Outcome, Reason, Status};
use crate::parts::Parts;
use crate::spec::Probe;

const READ_ONLY: State = State::unhealthy(Reason::ReadOnly);

impl Sim {
    fn returns(&mut self, result: impl IntoOutcome) {
        self.rerun_with(0, judged(result.into_outcome()));
    }

    fn message(&mut self) -> String {
        let view = self.view();
        let said = view.last_run(0).said.as_ref();
        said.and_then(|said| said.message.as_deref())
            .unwrap_or_default()
            .to_owned()
    }

    fn parts(&mut self) -> Vec<(String, Option<Reason>)> {
        let view = self.view();
        let said = view.last_run(0).said.as_ref();
        let parts = said
            .and_then(|said| said.parts.as_ref())
            .expect("the run has parts")
            .list
            .iter();
        parts.map(|part| (part.name.to_string(), part.reason)).collect()
    }
}

fn writable() -> Outcome {
    Outcome::healthy().read_only(false)
}

fn read_only() -> Outcome {
    Outcome::healthy().read_only(true)
}

#[test]
fn a_store_that_took_writes_and_takes_none_now_fails_readiness() {
    let mut sim = Sim::new([db()]);
    sim.returns(writable());
    assert_eq!(sim.state(0), State::HEALTHY);
    sim.events();
    for _ in 0..3 {
        sim.now += ms(5_000);
        sim.returns(read_only());
        assert_eq!(sim.state(0), READ_ONLY, "also after the first time");
        assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
    }
    assert_eq!(sim.message(), "read-only now, and was not before");
    let events = sim.events();
    let Some(Event::Check { message, .. }) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!(message.as_deref(), Some("read-only now, and was not before"));
    sim.returns(writable());
    assert_eq!(sim.state(0), State::HEALTHY);
}

#[test]
fn a_store_that_was_read_only_from_the_start_is_a_replica_until_it_is_promoted() {
    let mut sim = Sim::new([db()]);
    for _ in 0..3 {
        sim.returns(read_only());
        assert_eq!(sim.state(0), State::HEALTHY);
    }
    sim.returns(writable());
    sim.returns(read_only());
    assert_eq!(sim.state(0), READ_ONLY);
}

#[test]
fn a_run_that_says_nothing_about_writes_changes_nothing() {
    let mut sim = Sim::new([db()]);
    sim.returns(writable());
    sim.returns(Outcome::healthy());
    assert_eq!(sim.state(0), State::HEALTHY);
    sim.returns(Err::<(), _>("refused"));
    sim.returns(read_only());
    assert_eq!(sim.state(0), READ_ONLY);
}

#[test]
fn a_busy_store_that_is_read_only_now_is_not_lowered_to_saturated() {
    let mut sim = Sim::new([db()]);
    sim.returns(writable());
    sim.returns(Outcome::exhausted("all 5 are in use").read_only(true));
    assert_eq!(sim.state(0), READ_ONLY);
    assert_eq!(sim.message(), "read-only now, and was not before; all 5 are in use");
    sim.returns(Outcome::saturated("all 5 are in use").read_only(true));
    assert_eq!(sim.state(0), READ_ONLY);
}

#[test]
fn a_failure_keeps_its_own_reason() {
    let mut sim = Sim::new([db()]);
    sim.returns(writable());
    sim.returns(Outcome::unhealthy("12 s behind").read_only(true));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Reported));
    assert_eq!(sim.message(), "read-only now, and was not before; 12 s behind");
}

#[test]
fn a_part_is_compared_with_itself_only() {
    let mut sim = Sim::new([db()]);
    let run = |parts: [(&str, Outcome); 3]| parts.into_iter().collect::<Parts>().into_outcome();
    sim.returns(run([("a", writable()), ("b", read_only()), ("c", Outcome::healthy())]));
    assert_eq!(sim.state(0), State::HEALTHY, "b is a replica");
    sim.returns(run([("c", Outcome::healthy()), ("b", read_only()), ("a", read_only())]));
    assert_eq!(sim.state(0), READ_ONLY);
    assert_eq!(sim.message(), "read-only now, and was not before: a");
    let reason = |reason| Some(reason);
    assert_eq!(
        sim.parts(),
        [
            ("a".to_owned(), reason(Reason::ReadOnly)),
            ("c".to_owned(), None),
            ("b".to_owned(), None)
        ]
    );
}

#[test]
fn a_part_that_is_read_only_now_is_found_among_more_parts_than_are_kept() {
    let mut sim = Sim::new([db()]);
    let run = |outcome: fn() -> Outcome| {
        let parts = (0..300).map(|i| (format!("p{i}"), outcome()));
        parts.collect::<Parts>().into_outcome()
    };
    sim.returns(run(writable));
    sim.returns(run(read_only));
    assert_eq!(sim.state(0), READ_ONLY);
    assert_eq!(
        sim.message(),
        "read-only now, and was not before: p0, p1, p2, p3, p4 and 295 more"
    );
}

#[test]
fn fail_open_lowers_it_and_liveness_takes_it_as_evidence() {
    let mut sim = Sim::new([db().fail_open()]);
    sim.returns(writable());
    sim.returns(read_only());
    assert_eq!(sim.state(0).status, Status::Degraded);

    let mut sim = Sim::new([db().liveness()]);
    sim.returns(writable());
    sim.returns(read_only());
    assert_eq!(sim.status(Probe::Liveness), Status::Unhealthy);
}
