//! Tests of the published view: probes read it until it is no longer valid.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

#[cfg(feature = "axum")]
use futures_util::FutureExt as _;
use tokio::runtime::Builder;

use std::sync::atomic::AtomicU64;

use super::*;
use crate::{CheckSpec, Checks, Health, HealthState, run};

#[test]
fn a_view_is_made_once_and_read_until_something_changes() {
    let health = Health::builder(()).start_on(None).unwrap();
    let engine = &health.engine;
    let view = engine.view();
    for probe in Probe::ALL {
        engine.with(|_, _| ()); // changes nothing
        let fresh = engine.fresh_view(probe).expect("it has just been made");
        assert!(Arc::ptr_eq(&view, &fresh), "{probe}");
    }
    assert!(Arc::ptr_eq(&view, &engine.view()));
    engine.with(|core, _| core.hold());
    assert!(Probe::ALL.iter().all(|probe| engine.fresh_view(*probe).is_none()));
    assert!(!Arc::ptr_eq(&view, &engine.view()));
}

#[test]
fn a_second_call_of_probes_does_not_take_the_lock() {
    let health = Health::builder(()).start_on(None).unwrap();
    drop(health.probes());
    let view = health.engine.view();
    let core = health.engine.lock();
    let (made, is_made) = channel();
    let other = health.clone();
    thread::spawn(move || made.send(other.probes()));
    let probes = is_made.recv_timeout(Duration::from_secs(10));
    assert!(probes.is_ok(), "`probes()` waits for the lock");
    drop(core);
    assert!(Arc::ptr_eq(&view, &health.engine.view()));
}

#[test]
fn no_probe_is_answered_from_an_expired_view() {
    let publication = Publication::<_, 1>::new("none");
    publication.publish(Arc::new("view"), 10, [5]);
    publication.answers_until(0, 20);
    assert!(publication.answer(0, |until| 9 < until).is_some());
    assert!(publication.answer(0, |until| 10 < until).is_none());
}

/// A state with a check that runs each time a probe asks.
struct EachTime;

impl HealthState for EachTime {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new("each-time").ttl(Duration::ZERO), |_| run(()));
    }
}

#[test]
fn an_unchanged_result_keeps_the_view_and_the_next_probe_checks_it_again() {
    let health = Health::builder(EachTime).start_on(None).unwrap();
    let engine = &health.engine;
    let start = || engine.with(|core, now| core.demand(Probe::Readiness, WHOLE, now));
    let end = || {
        let result = RunResult::new(State::HEALTHY, None);
        engine.with(|core, now| core.finished(0, result, now));
    };
    drop(health.probes());
    start();
    end();
    engine.advance(Duration::from_millis(1));
    start();
    let view = engine.with(|core, now| engine.answered(core, Probe::Readiness, now));
    assert!(engine.fresh_view(Probe::Readiness).is_some(), "nobody waits for it");
    end();
    assert!(Arc::ptr_eq(&view, &engine.view()), "the view holds");
    assert!(
        engine.fresh_view(Probe::Readiness).is_none(),
        "but a new probe has to look again"
    );
    engine.with(|core, now| drop(engine.answered(core, Probe::Readiness, now)));
    assert!(
        engine.fresh_view(Probe::Readiness).is_none(),
        "nor for the next one, as long as no run has begun"
    );
}

#[cfg(feature = "axum")]
#[test]
fn a_connection_is_notified_when_the_engine_ends() {
    let health = Health::builder(()).start_on(None).unwrap();
    let serving = Arc::clone(&health.engine.serving);
    let stopped = serving.listener().connection().stopped();
    drop(health);
    stopped.now_or_never().expect("its servers stop");
}

/// A state with thousands of checks, which start in slices.
struct Thousands;

impl HealthState for Thousands {
    fn register(checks: &mut Checks<Self>) {
        for index in 0..10_000 {
            let spec = CheckSpec::named(format!("check-{index}")).interval(Duration::from_secs(60));
            checks.with(spec, |_| run(()));
        }
    }
}

#[test]
fn a_view_is_made_once_per_tick_while_first_runs_start_in_slices() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let _guard = runtime.enter();
    let began = Instant::now();
    let health = Health::builder(Thousands).start();
    let _probes = health.probes();
    let (mut views, mut last) = (0, None);
    loop {
        let view = health.engine.view.latest();
        if last.replace(view.standing.at) != Some(view.standing.at) {
            views += 1;
        }
        if view.verdict(Probe::Readiness) == State::HEALTHY {
            break;
        }
        thread::sleep(Duration::from_micros(200));
    }
    let ticks = began.elapsed().as_millis() / super::pacemaker::TICK.as_millis();
    assert!(views <= ticks + 3, "{views} views in {ticks} ticks");
}

/// A state with many checks. The first one runs on demand: its first run ends at once, and later runs never end.
struct Lazy(AtomicU64);

impl HealthState for Lazy {
    fn register(checks: &mut Checks<Self>) {
        let lazy = CheckSpec::new("lazy").timeout(Duration::from_secs(60 * 60));
        checks.with(lazy, |state| {
            let is_first = state.0.fetch_add(1, Ordering::SeqCst) == 0;
            run(async move {
                if !is_first {
                    std::future::pending::<()>().await;
                }
            })
        });
        for index in 0..100 {
            let spec = CheckSpec::named(format!("check-{index}")).interval(Duration::from_secs(60));
            checks.with(spec, |_| run(()));
        }
    }
}

#[test]
fn probes_do_not_take_the_lock_during_a_run_that_no_probe_waits_for() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let _guard = runtime.enter();
    for ttl in [Duration::ZERO, Duration::from_millis(1)] {
        let health = Health::builder(Lazy(AtomicU64::new(0))).ttl(ttl).start();
        let _probes = health.probes();
        let engine = &health.engine;
        let probe = || runtime.block_on(engine.probe(Probe::Readiness, None));
        while probe().verdict(Probe::Readiness) != State::HEALTHY {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(5));
        probe(); // starts the run that does not end
        // A view is replaced after 100 ms, so that may happen during one of these series.
        let is_always_fresh = |_| {
            probe();
            (0..1_000).all(|_| engine.fresh_view(Probe::Readiness).is_some())
        };
        assert!((0..5).any(is_always_fresh), "{ttl:?}");
    }
}
