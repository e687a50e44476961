//! When checks run.

use super::*;

#[test]
fn an_interval_check_runs_at_once_and_then_every_interval_give_or_take_a_tenth() {
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
fn a_seed_repeats_the_schedule() {
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
    assert_eq!(sim.started(), [0]);
    sim.pass_check(0);
    assert!(sim.started().is_empty());
}

#[test]
fn missed_runs_are_not_made_up_for() {
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
fn after_a_freeze_the_schedule_begins_anew() {
    for seed in 0..20 {
        let mut sim = Sim::seeded([db()], false, seed);
        sim.freeze(ms(60_000));
        sim.core.tick(sim.now);
        let Reverse((next, _)) = sim.core.due.peek().copied().unwrap();
        assert!(next >= sim.now + ms(4_500), "seed {seed}: {next:?}");
    }
}

#[test]
fn sixteen_blocking_runs_have_a_thread_and_the_others_wait_for_one() {
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
    sim.pass(ms(6_000));
    assert_eq!(sim.started().len(), 16, "all threads are free again");
}

#[test]
fn a_blocking_check_that_hangs_holds_its_thread_and_no_other_check() {
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
fn more_runs_than_a_tick_starts_follow_at_once_in_slices() {
    let mut sim = Sim::new((0..600).map(|_| cache()));
    assert_eq!(sim.started().len(), 250);
    assert!(sim.core.tick(sim.now), "more is due");
    assert_eq!(sim.started().len(), 250);
    assert!(!sim.core.tick(sim.now));
    assert_eq!(sim.started(), (500..600).collect::<Vec<_>>());
}

#[test]
fn what_does_not_run_by_itself_is_never_due() {
    let ended = CheckSpec::new("migrated").startup();
    let mut sim = Sim::new([CheckSpec::new("disabled"), cache().ttl(ms(1)), ended]);
    assert_eq!(sim.core.due.len(), 1, "the startup check");
    sim.pass_check(2);
    sim.pass(ms(6_000));
    assert!(sim.core.due.is_empty(), "it has ended with the start");
}

#[tokio::test]
async fn the_means_to_abort_a_run_are_those_of_that_run_alone() {
    let run = || tokio::spawn(std::future::pending::<()>());
    let mut sim = Sim::new([cache()]);
    let starts = |sim: &mut Sim| sim.core.take_effects().start;
    let first = starts(&mut sim);
    sim.pass_check(0);
    sim.core.request(0, sim.now);
    let second = starts(&mut sim);
    let (ended, in_flight) = (run(), run());
    sim.core.keep_abort(0, first[0].1, ended.abort_handle()); // it ended before it could be kept
    sim.core.keep_abort(0, second[0].1, in_flight.abort_handle());
    sim.core.keep_abort(0, first[0].1, ended.abort_handle());
    sim.core.abort_all();
    tokio::task::yield_now().await; // an aborted task ends when it is polled
    assert_eq!((in_flight.is_finished(), ended.is_finished()), (true, false));
}
