//! The history of a check.

use super::super::history::History;
use super::super::moment::Moment;
use super::*;

fn kept(sim: &Sim) -> &History {
    sim.core.history(0).expect("it is kept")
}

fn db_with_history() -> Sim {
    let mut sim = Sim::new([db()]);
    sim.core.keep_history(sim.now);
    sim
}

#[test]
fn nothing_is_kept_before_somebody_can_read_it() {
    let mut sim = Sim::new([db()]);
    sim.fail_check(0);
    assert!(sim.core.history(0).is_none());
    sim.core.keep_history(sim.now);
    sim.rerun(0, State::HEALTHY);
    assert_eq!(kept(&sim).results().len(), 1);
    sim.core.keep_history(sim.now);
    assert_eq!(kept(&sim).results().len(), 1, "a second reader changes nothing");
}

#[test]
fn the_last_120_results_are_kept_with_their_latency() {
    let mut sim = db_with_history();
    for _ in 0..130 {
        sim.rerun(0, State::HEALTHY);
        sim.pass(ms(100));
    }
    sim.core.start(0, sim.now);
    sim.core.began(0, sim.now);
    sim.pass(ms(1_500));
    sim.fail_check(0);
    let results: Vec<_> = kept(&sim).results().collect();
    assert_eq!(results.len(), 120);
    let last = results[119];
    assert_eq!(last.state, State::unhealthy(Reason::Error));
    assert!(last.took().abs_diff(ms(1_500)) <= ms(15), "{:?}", last.took());
    assert!(last.at().abs_diff(sim.now) <= ms(100));
    assert_eq!(results[0].state, State::HEALTHY);
}

#[test]
fn the_last_50_changes_are_kept_and_flaps_are_counted_for_an_hour() {
    let mut sim = db_with_history();
    sim.rerun(0, State::HEALTHY);
    for _ in 0..40 {
        sim.rerun(0, State::unhealthy(Reason::Error));
        sim.rerun(0, State::HEALTHY);
    }
    assert_eq!(kept(&sim).changes().len(), 50);
    assert_eq!(kept(&sim).flaps(sim.now), 25);
    sim.freeze(Duration::from_secs(3_601));
    assert_eq!(kept(&sim).flaps(sim.now), 0);
}

#[test]
fn availability_is_the_share_of_time_in_which_the_check_passed() {
    let mut sim = db_with_history();
    sim.rerun(0, State::HEALTHY);
    sim.freeze(Duration::from_secs(6));
    sim.rerun(0, State::unhealthy(Reason::Error));
    sim.freeze(Duration::from_secs(2));
    let availability = kept(&sim).availability(sim.now);
    assert!((availability - 0.75).abs() < 0.01, "{availability}");
}

#[test]
fn failures_in_a_row_and_the_last_success_are_known_without_a_history() {
    let mut sim = Sim::new([db().failure_threshold(3)]);
    sim.pass_check(0);
    let passed_at = sim.now;
    sim.pass(ms(1_000));
    for failures in 1..3 {
        sim.rerun(0, State::unhealthy(Reason::Error));
        let view = sim.view();
        let run = view.last_run(0);
        assert_eq!(
            (run.failures, run.succeeded.map(Moment::time)),
            (failures, Some(Moment::new(passed_at).time())),
            "before the threshold too"
        );
    }
    sim.rerun(0, State::HEALTHY);
    assert_eq!(sim.view().last_run(0).failures, 0);
}
