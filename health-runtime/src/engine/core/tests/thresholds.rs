//! How results become the published state: thresholds, `degraded_after`, `fail_open`.

use super::*;

fn patient() -> CheckSpec {
    db().failure_threshold(3).success_threshold(2)
}

fn degraded() -> State {
    State {
        status: Status::Degraded,
        reason: Some(Reason::Reported),
    }
}

/// What is published after each of these runs: `+` passes, `-` fails.
fn published(sim: &mut Sim, runs: &str) -> String {
    let mut said = String::new();
    for run in runs.chars() {
        sim.rerun(
            0,
            if run == '+' {
                State::HEALTHY
            } else {
                State::unhealthy(Reason::Error)
            },
        );
        said.push(if sim.state(0).passes() { '+' } else { '-' });
    }
    said
}

#[test]
fn the_published_state_changes_after_a_threshold_of_consecutive_runs() {
    let mut sim = Sim::new([patient()]);
    assert_eq!(
        published(&mut sim, "+--+---"),
        "++++++-",
        "three failures in a row, and not three"
    );
    assert_eq!(published(&mut sim, "-+-++-"), "----++", "two successes in a row");
}

#[test]
fn the_first_result_is_published_at_once() {
    let mut sim = Sim::new([patient()]);
    assert_eq!(published(&mut sim, "-"), "-");
    let mut sim = Sim::new([patient()]);
    assert_eq!(published(&mut sim, "+"), "+");
}

#[test]
fn a_run_counts_once_regardless_of_how_often_it_is_probed() {
    let mut sim = Sim::new([patient().interval(ms(60_000))]);
    published(&mut sim, "+-");
    for _ in 0..100 {
        sim.pass(TICK);
        assert_eq!(sim.status(Probe::Readiness), Status::Healthy);
    }
}

#[test]
fn a_degraded_result_counts_as_passed_and_is_published_at_once() {
    let mut sim = Sim::new([patient()]);
    published(&mut sim, "+--");
    sim.rerun(0, degraded());
    assert_eq!(sim.state(0), degraded(), "the same side of the edge");
    assert_eq!(published(&mut sim, "--"), "++", "it has ended the row");
    assert_eq!(sim.state(0), degraded(), "what is held back leaves what was published");
}

#[test]
fn a_failure_with_another_reason_is_published_at_once() {
    let mut sim = Sim::new([patient()]);
    published(&mut sim, "-");
    sim.rerun(0, State::unhealthy(Reason::Timeout));
    assert_eq!(sim.reason(0), Some(Reason::Timeout));
}

#[test]
fn a_view_contains_the_raw_state_and_the_published_state() {
    let mut sim = Sim::new([patient()]);
    published(&mut sim, "+-");
    let view = sim.view();
    assert_eq!(
        (view.brief(0).state, view.last_run(0).raw),
        (State::HEALTHY, Some(State::unhealthy(Reason::Error)))
    );
}

#[test]
fn a_failure_below_the_threshold_sends_no_event() {
    let mut sim = Sim::new([patient()]);
    published(&mut sim, "+");
    sim.view();
    sim.events();
    published(&mut sim, "--");
    sim.view();
    assert!(sim.events().is_empty());
}

#[test]
fn the_first_result_after_a_stale_state_is_published_at_once() {
    let mut sim = Sim::new([patient()]);
    published(&mut sim, "+");
    sim.freeze(ms(18_000));
    assert_eq!(sim.reason(0), Some(Reason::Stale));
    assert_eq!(published(&mut sim, "-"), "-");
}

#[test]
fn an_old_failure_ends_only_after_the_success_threshold() {
    let mut sim = Sim::new([patient()]);
    published(&mut sim, "-");
    sim.freeze(ms(18_000));
    assert_eq!(sim.reason(0), Some(Reason::Error));
    assert_eq!(published(&mut sim, "++"), "-+");
}

#[test]
fn the_first_result_after_a_stuck_state_is_published_at_once() {
    let mut sim = Sim::new([patient().max_age(ms(600_000))]);
    published(&mut sim, "-");
    sim.core.start(0, sim.now);
    sim.core.began(0, sim.now);
    sim.pass(ms(2_250));
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY);
}

#[test]
fn a_success_slower_than_degraded_after_is_degraded_as_slow() {
    for (took, expected) in [
        (100, State::HEALTHY),
        (
            101,
            State {
                status: Status::Degraded,
                reason: Some(Reason::Slow),
            },
        ),
    ] {
        let mut sim = Sim::new([db().degraded_after(ms(100))]);
        sim.pass(ms(took));
        sim.pass_check(0);
        assert_eq!(sim.state(0), expected, "after {took} ms");
    }
}

#[test]
fn only_the_time_in_which_a_run_could_run_makes_it_slow() {
    let mut sim = Sim::new([db().degraded_after(ms(200))]);
    sim.freeze(ms(10_000));
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY, "a freeze is not held against it");
    sim.core.start(0, sim.now);
    for _ in 0..10 {
        sim.now += TICK;
        sim.core.tick(sim.now); // the runtime polls nothing
    }
    sim.core.began(0, sim.now);
    sim.pass_check(0);
    assert_eq!(sim.state(0), State::HEALTHY, "nor is a busy runtime");
}

#[test]
fn a_degraded_or_failed_result_is_not_reported_as_slow() {
    for state in [degraded(), State::unhealthy(Reason::Error)] {
        let mut sim = Sim::new([db().degraded_after(ms(100))]);
        sim.pass(ms(500));
        sim.finish(0, state);
        assert_eq!(sim.state(0), state);
    }
}

#[test]
fn a_slow_success_counts_as_passed_and_its_message_contains_the_duration() {
    let mut sim = Sim::new([CheckSpec::new("db").startup().degraded_after(ms(100))]);
    sim.pass(ms(150));
    sim.pass_check(0);
    assert!(sim.status(Probe::Startup).passes());
    let mut sim = Sim::new([db().degraded_after(ms(100))]);
    sim.pass(ms(150));
    sim.pass_check(0);
    let message = |sim: &mut Sim| {
        sim.view()
            .last_run(0)
            .said
            .as_ref()?
            .message
            .as_deref()
            .map(str::to_owned)
    };
    assert_eq!(message(&mut sim).as_deref(), Some("took 150 ms"));
    let mut sim = Sim::new([db().degraded_after(ms(100))]);
    sim.pass(ms(150));
    let result = RunResult::new(State::HEALTHY, Some("follows the primary".into()));
    sim.core.finished(0, result, sim.now);
    assert_eq!(message(&mut sim).as_deref(), Some("took 150 ms; follows the primary"));
}

#[test]
fn a_fail_open_check_fails_readiness_until_its_first_success_and_then_only_degrades_it() {
    let mut sim = Sim::new([db().fail_open()]);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy, "pending");
    sim.fail_check(0);
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy, "it has never passed");
    sim.rerun(0, State::HEALTHY);
    for reason in [Reason::Error, Reason::Reported, Reason::Timeout, Reason::Panic] {
        sim.rerun(0, State::unhealthy(reason));
        let lowered = State {
            status: Status::Degraded,
            reason: Some(reason),
        };
        assert_eq!(sim.state(0), lowered);
        assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
    }
    sim.rerun(0, State::unhealthy(Reason::Cancelled));
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy, "its state is unknown");
}

#[test]
fn a_fail_open_check_fails_readiness_until_a_success_is_published() {
    let mut sim = Sim::new([db().fail_open().success_threshold(2)]);
    assert_eq!(published(&mut sim, "-+"), "--");
    assert_eq!(
        sim.status(Probe::Readiness),
        Status::Unhealthy,
        "a run has passed, and it was not published"
    );
    assert_eq!(published(&mut sim, "-++-"), "--++");
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
}

#[test]
fn fail_open_lowers_stuck_and_does_not_lower_stale() {
    let mut sim = Sim::new([db().fail_open()]);
    sim.pass_check(0);
    sim.core.start(0, sim.now);
    sim.core.began(0, sim.now);
    sim.pass(ms(3_000));
    let stuck = State {
        status: Status::Degraded,
        reason: Some(Reason::Stuck),
    };
    assert_eq!(sim.state(0), stuck);
    sim.pass_check(0);
    sim.freeze(ms(18_000));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stale));
}

#[test]
fn an_old_failure_that_fail_open_lowers_becomes_stale() {
    let mut sim = Sim::new([db().fail_open()]);
    sim.pass_check(0);
    sim.rerun(0, State::unhealthy(Reason::Error));
    assert_eq!(sim.status(Probe::Readiness), Status::Degraded);
    sim.freeze(ms(18_000));
    assert_eq!(sim.state(0), State::unhealthy(Reason::Stale), "nobody knows any more");
    assert_eq!(sim.status(Probe::Readiness), Status::Unhealthy);
}

#[test]
fn a_lasting_failure_sends_a_reminder_every_five_minutes() {
    let mut sim = Sim::new([db().interval(ms(10_000)), cache().interval(ms(10_000))]);
    sim.pass_check(0);
    sim.pass_check(1);
    sim.view();
    sim.events();
    let mut reminders = Vec::new();
    for _ in 0..(11 * 60) {
        sim.pass(ms(1_000));
        sim.rerun(0, State::unhealthy(Reason::Error));
        sim.rerun(1, State::HEALTHY);
        sim.view();
        reminders.extend(sim.events().into_iter().filter_map(|event| match event {
            Event::Reminder { index, lasts, .. } => Some((index, lasts.as_secs())),
            _ => None,
        }));
    }
    assert_eq!(reminders, [(0, 300), (0, 600)]);
}

#[test]
fn a_failure_that_fail_open_lowers_sends_a_reminder_and_a_degraded_result_does_not() {
    let specs = [db().fail_open().interval(ms(600_000)), db().interval(ms(600_000))];
    let mut sim = Sim::new(specs);
    sim.pass_check(0);
    sim.finish(1, degraded());
    sim.view();
    sim.pass(TICK);
    sim.rerun(0, State::unhealthy(Reason::Error));
    sim.rerun(1, degraded());
    sim.view();
    sim.events();
    sim.pass(ms(300_000));
    sim.view();
    let events = sim.events();
    let reminders = events
        .iter()
        .filter(|event| matches!(event, Event::Reminder { index: 0, .. }));
    assert_eq!(reminders.count(), 1);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Reminder { index: 1, .. }))
    );
}
