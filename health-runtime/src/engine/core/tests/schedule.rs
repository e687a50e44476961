//! When checks run.

use super::*;
use crate::spec::Breaker;

#[test]
fn an_interval_check_runs_at_once_and_then_every_interval_with_10_percent_jitter() {
    let mut sim = Sim::new([cache().interval(ms(10_000)).timeout(ms(1_000))]);
    let mut began = vec![sim.now];
    assert_eq!(sim.started(), [0]);
    while began.len() < 200 {
        if sim.core.is_busy() {
            sim.pass_check(0);
        }
        sim.pass(TICK);
        began.extend(sim.started().iter().map(|_| sim.now));
    }
    let gaps: Vec<_> = began.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
    assert!(*least >= ms(8_950) && *most <= ms(11_050), "{least:?}..{most:?}");
    assert!(*most > *least + ms(1_000), "no jitter: {least:?}..{most:?}");
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    let schedule = |seed| {
        let mut sim = Sim::seeded([cache(), db()], false, seed);
        let mut began = Vec::new();
        for _ in 0..1000 {
            sim.pass(TICK);
            for index in sim.started() {
                began.push((index, sim.now));
                sim.pass_check(index);
            }
        }
        began
    };
    assert_eq!(schedule(3), schedule(3));
    assert_ne!(schedule(3), schedule(4));
}

#[test]
fn probes_never_run_an_interval_check() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.started();
    for probe in Probe::ALL {
        assert_eq!(sim.waits(probe), None);
    }
    assert!(sim.started().is_empty());
}

#[test]
fn a_ttl_check_runs_only_when_a_probe_finds_it_expired() {
    let mut sim = Sim::new([db().ttl(ms(1_000))]);
    sim.pass(ms(60_000));
    assert!(sim.started().is_empty());
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    assert_eq!(sim.started(), [0]);
    sim.pass_check(0);
    sim.pass(ms(1_000));
    assert_eq!(sim.waits(Probe::Readiness), None);
    assert!(sim.started().is_empty());
    sim.pass(ms(1));
    assert_eq!(sim.waits(Probe::Readiness), Some(BUDGET));
    assert_eq!(sim.started(), [0]);
}

#[test]
fn a_thousand_probes_start_one_run() {
    let mut sim = Sim::new([db().ttl(Duration::ZERO)]);
    for _ in 0..1000 {
        sim.waits(Probe::Readiness);
    }
    assert_eq!(sim.started(), [0]);
}

#[test]
fn a_request_during_a_run_is_answered_by_another_run() {
    let mut sim = Sim::new([db()]);
    sim.started();
    sim.core.request(0, sim.now);
    sim.core.request(0, sim.now);
    assert!(sim.started().is_empty());
    sim.pass_check(0);
    sim.pass(TICK);
    assert_eq!(sim.started(), [0]);
    sim.pass_check(0);
    sim.pass(TICK);
    assert!(sim.started().is_empty());
}

#[test]
fn missed_runs_are_not_run_later() {
    let mut sim = Sim::new([db()]);
    sim.pass_check(0);
    sim.started();
    sim.freeze(ms(60_000));
    for _ in 0..20 {
        sim.pass(TICK);
        if sim.core.is_busy() {
            sim.pass_check(0);
        }
    }
    assert_eq!(sim.started(), [0]);
}

#[test]
fn the_schedule_restarts_after_a_freeze() {
    for seed in 0..20 {
        let mut sim = Sim::seeded([db()], false, seed);
        sim.freeze(ms(60_000));
        sim.core.tick(sim.now);
        let next = sim.core.slots[0].due.unwrap();
        assert!(next >= sim.now + ms(4_500), "seed {seed}: {next:?}");
    }
}

#[test]
fn at_most_16_blocking_runs_have_a_thread_and_the_others_wait() {
    let mut sim = Sim::new((0..20).map(|_| cache().blocking()));
    let started = sim.started();
    assert_eq!(started.len(), 16);
    sim.pass_check(started[0]);
    assert_eq!(sim.started(), [16]);
    for index in &started[1..5] {
        sim.pass_check(*index);
    }
    assert_eq!(sim.started(), [17, 18, 19], "each once");
    for index in started[5..].iter().copied().chain(16..20) {
        sim.pass_check(index);
    }
    sim.started();
    sim.pass(ms(5_450)); // each of these runs is short
    assert_eq!(sim.started().len(), 16, "all threads are free again");
}

#[test]
fn hanging_blocking_checks_do_not_delay_other_checks() {
    let mut sim = Sim::new((0..16).map(|_| db().blocking()).chain([cache()]));
    for _ in 0..100 {
        sim.pass(ms(1_000));
        if sim.core.slots[16].running.is_some() {
            sim.pass_check(16);
        }
    }
    assert_eq!(sim.reason(0), Some(Reason::Stuck));
    assert_eq!(sim.state(16), State::HEALTHY);
    assert!(!sim.started()[17..].contains(&0), "a second run");
}

#[test]
fn slow_blocking_checks_take_no_threads_from_the_other_checks() {
    let mut sim = Sim::new((0..40).map(|_| db().blocking().interval(ms(60_000)).timeout(ms(30_000))));
    assert_eq!(sim.started().len(), 16);
    sim.pass(ms(950));
    assert!(sim.started().is_empty(), "the first 16 may be quick");
    sim.pass(ms(50));
    assert_eq!(sim.started(), (16..32).collect::<Vec<_>>());
    sim.pass(ms(1_050));
    assert_eq!(sim.started(), (32..40).collect::<Vec<_>>());
    for index in 0..16 {
        sim.pass_check(index);
    }
    assert!(
        sim.started().is_empty(),
        "a long run does not count, so its end frees no thread"
    );
    for index in 32..40 {
        sim.pass_check(index);
        assert_eq!(sim.state(index), State::HEALTHY);
    }
}

#[test]
fn a_check_that_requests_its_own_run_runs_once_per_tick() {
    for refresh in [cache().interval(ms(60_000)), cache().ttl(ms(60_000))] {
        let mut sim = Sim::new([refresh]);
        sim.core.request(0, sim.now);
        let mut runs = sim.started().len();
        for _ in 0..20 {
            for _ in 0..100 {
                if sim.core.is_busy() {
                    sim.core.request(0, sim.now); // the check requests a run during its own run
                    sim.pass_check(0);
                }
                sim.core.request(0, sim.now);
            }
            runs += sim.started().len();
            sim.pass(TICK);
        }
        assert!((20..=21).contains(&runs), "{runs} runs in a second");
    }
}

#[test]
fn a_check_that_requests_its_own_run_does_not_grow_the_schedule() {
    let mut sim = Sim::new([cache().interval(ms(3_600_000)), db().interval(ms(3_600_000))]);
    for _ in 0..1_000 {
        sim.pass_check(0);
        sim.core.request(0, sim.now);
        sim.core.request_all(0..2, sim.now);
        sim.pass(TICK);
    }
    assert!(sim.core.schedule.due.len() <= 4, "{}", sim.core.schedule.due.len());
}

#[test]
fn a_run_requested_too_early_starts_one_tick_after_the_last_start() {
    let mut sim = Sim::new([cache()]);
    sim.started();
    sim.pass_check(0);
    sim.now += ms(10);
    sim.core.request(0, sim.now);
    assert!(sim.started().is_empty());
    sim.pass(ms(40));
    assert_eq!(sim.started(), [0]);
    sim.pass_check(0);
    sim.pass(ms(4_300));
    assert!(
        sim.started().is_empty(),
        "the interval counts from the run that was asked for"
    );
    sim.pass(ms(1_300));
    assert_eq!(sim.started(), [0], "the next run comes after the interval");
}

/// When the check starts within one minute, in milliseconds. Each of its runs fails at once.
fn starts_of_a_failing(spec: CheckSpec) -> Vec<u64> {
    let mut sim = Sim::new([spec]);
    let mut starts = Vec::new();
    while sim.now < ms(60_000) {
        for index in sim.started() {
            starts.push(u64::try_from(sim.now.as_millis()).unwrap());
            sim.fail_check(index);
        }
        sim.pass(TICK);
    }
    starts
}

#[test]
fn a_check_that_has_never_passed_is_retried_with_doubling_delays_up_to_its_interval() {
    let starts = starts_of_a_failing(db().interval(ms(10_000)));
    let waits: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, expected) in waits.iter().zip([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
        let (least, most) = (expected * 9 / 10, expected * 11 / 10 + 50);
        assert!((least..=most).contains(wait), "{waits:?}");
    }
    assert_eq!(
        starts_of_a_failing(db().interval(ms(500)).timeout(ms(100)))[1] / 100,
        5,
        "never later than its interval"
    );
}

#[test]
fn a_retry_does_not_postpone_a_run_that_is_due_sooner() {
    let mut sim = Sim::new([db().interval(ms(10_000)).timeout(ms(9_500))]);
    for _ in 0..3 {
        sim.fail_check(0);
        sim.core.start(0, sim.now);
    }
    sim.pass(ms(7_000));
    let due = sim.core.slots[0].due;
    assert!(due < Some(ms(12_200)), "an interval after the last start: {due:?}");
    sim.fail_check(0); // the next retry would come after 8 s
    assert_eq!(sim.core.slots[0].due, due);
}

#[test]
fn a_check_that_has_passed_once_keeps_its_interval_after_a_failure() {
    let mut sim = Sim::new([db().interval(ms(10_000))]);
    sim.pass_check(0);
    sim.started();
    sim.pass(ms(11_050));
    assert_eq!(sim.started(), [0]);
    sim.fail_check(0);
    sim.pass(ms(7_500));
    assert!(sim.started().is_empty());
}

#[test]
fn an_open_breaker_delays_the_retry_of_a_check_that_never_passed() {
    let breaker = Breaker::new().failures(1).reset(ms(30_000));
    let starts = starts_of_a_failing(db().interval(ms(10_000)).breaker(breaker));
    assert_eq!(starts.len(), 2, "{starts:?}");
    assert!(starts[1] >= 30_000, "{starts:?}");
}

#[test]
fn failing_checks_run_again_at_once_when_the_service_has_started() {
    let mut sim = Sim::starting(
        [db(), cache(), db().ttl(ms(60_000)), cache().interval(ms(60_000))],
        true,
    );
    sim.core.arm(sim.now);
    sim.core.demand(Probe::Readiness, WHOLE, sim.now);
    for index in sim.started() {
        sim.fail_check(index);
    }
    sim.rerun(1, State::HEALTHY);
    sim.started();
    sim.core.request(3, sim.now + TICK); // this check is in flight, and may have looked too early
    sim.started();
    sim.core.mark_started(sim.now);
    sim.pass(TICK);
    assert_eq!(sim.started(), [0, 2]);
    sim.fail_check(3);
    sim.pass(TICK);
    assert_eq!(sim.started(), [3]);
}

#[test]
fn the_first_runs_of_many_checks_stay_spread_when_the_service_starts() {
    let mut sim = Sim::starting((0..600).map(|_| cache()), true);
    assert_eq!(sim.started().len(), 250);
    for index in 0..250 {
        sim.fail_check(index);
    }
    sim.core.arm(sim.now);
    sim.core.mark_started(sim.now);
    for slice in [250, 250, 250] {
        assert_eq!(sim.started().len(), 0);
        sim.core.tick(sim.now);
        let started = sim.started();
        assert!(started.len() <= slice, "{}", started.len());
    }
}

#[test]
fn runs_beyond_the_limit_of_a_tick_follow_at_once_in_slices() {
    let mut sim = Sim::new((0..600).map(|_| cache()));
    assert_eq!(sim.started().len(), 250);
    assert!(sim.core.tick(sim.now), "more is due");
    assert_eq!(sim.started().len(), 250);
    assert!(!sim.core.tick(sim.now));
    assert_eq!(sim.started(), (500..600).collect::<Vec<_>>());
}

#[test]
fn disabled_on_demand_and_ended_checks_are_never_due() {
    let ended = CheckSpec::new("migrated").startup();
    let mut sim = Sim::new([CheckSpec::new("disabled"), cache().ttl(ms(1)), ended]);
    let due = |sim: &Sim| sim.core.slots.iter().map(|slot| slot.due.is_some()).collect::<Vec<_>>();
    assert_eq!(due(&sim), [false, false, true], "the startup check");
    sim.pass_check(2);
    sim.pass(ms(6_000));
    assert_eq!(due(&sim), [false; 3], "it has ended with the start");
    sim.pass_check(1);
    sim.core.request_all(0..3, sim.now);
    sim.pass(ms(100));
    assert_eq!(due(&sim), [false; 3], "asked for once, all run once at most");
}

#[tokio::test]
async fn an_abort_handle_is_kept_only_for_the_run_it_belongs_to() {
    let run = || tokio::spawn(std::future::pending::<()>());
    let mut sim = Sim::new([cache()]);
    let starts = |sim: &mut Sim| sim.core.take_effects().start;
    let first = starts(&mut sim);
    sim.pass_check(0);
    sim.core.start(0, sim.now);
    let second = starts(&mut sim);
    let (ended, in_flight) = (run(), run());
    sim.core.keep_abort(0, first[0].1, ended.abort_handle()); // the run ended before its handle was stored
    sim.core.keep_abort(0, second[0].1, in_flight.abort_handle());
    sim.core.keep_abort(0, first[0].1, ended.abort_handle());
    sim.core.end();
    tokio::task::yield_now().await; // an aborted task ends when it is polled
    assert_eq!((in_flight.is_finished(), ended.is_finished()), (true, false));
}
