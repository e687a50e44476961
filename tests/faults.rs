//! Checks that hang, panic or block. The service keeps running, and the probes report the failure.
//!
//! Test doubles cause the faults, because no real dependency panics on command. Time is real.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use health_runtime::{
    CheckResult, CheckSpec, Checks, Flag, Health, HealthBuilder, HealthCheck, HealthState, Outcome, Probe, Reason,
    Status, Trigger, WeakHealth,
};
use health_tests::{Log, get, until, workers};
use tokio::runtime::Builder;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// One critical check that does what the test wants, and a count of its runs.
struct Fault {
    runs: Arc<AtomicUsize>,
    spec: CheckSpec,
    does: Box<dyn Fn(usize) -> Doing + Send + Sync>,
}

type Doing = futures_util::future::BoxFuture<'static, CheckResult>;

thread_local! {
    /// `register` has no access to a value, so it takes the spec from here.
    static SPEC: std::cell::RefCell<Option<CheckSpec>> = const { std::cell::RefCell::new(None) };
}

impl HealthState for Fault {
    fn register(checks: &mut Checks<Self>) {
        let spec = SPEC.take().expect("set by `builder`");
        checks.with(spec, |state| {
            let run = state.runs.fetch_add(1, Ordering::SeqCst);
            (state.does)(run)
        });
    }
}

impl Fault {
    fn new<F, R>(spec: CheckSpec, does: F) -> Self
    where
        F: Fn(usize) -> R + Send + Sync + 'static,
        R: Future<Output = CheckResult> + Send + 'static,
    {
        Self {
            runs: Arc::default(),
            spec: spec.critical(),
            does: Box::new(move |run| Box::pin(does(run))),
        }
    }

    fn builder(self) -> (Arc<AtomicUsize>, HealthBuilder<Self>) {
        let runs = Arc::clone(&self.runs);
        SPEC.set(Some(self.spec.clone()));
        (runs, Health::builder(self))
    }

    fn start(self) -> (Arc<AtomicUsize>, Health) {
        let (runs, builder) = self.builder();
        (runs, builder.start())
    }
}

fn db() -> CheckSpec {
    CheckSpec::new("db")
        .interval(Duration::from_millis(100))
        .timeout(Duration::from_millis(50))
}

async fn fails_with(app: &Router, reason: &str) {
    until(&format!("readiness fails: {reason}"), async || {
        let answer = get(app, "/readyz").await;
        let said = answer.json()["checks"][0]["reason"] == reason;
        assert!(!said || answer.status == 503);
        said.then_some(())
    })
    .await;
}

async fn passes(app: &Router) {
    until("readiness passes", async || {
        (get(app, "/readyz").await.status == 200).then_some(())
    })
    .await;
}

#[test]
fn a_hung_check_delays_only_the_first_probe_and_only_by_the_budget() {
    // On a busy machine, a single measurement can be wrong. One good measurement out of ten is enough.
    let measured = || {
        workers(4).block_on(async {
            let (runs, health) = Fault::new(CheckSpec::new("db"), |_| std::future::pending()).start();
            let app = health.router();
            let began = Instant::now();
            assert_eq!(get(&app, "/readyz").await.status, 503);
            let first = began.elapsed();
            let mut later = Vec::new();
            for _ in 0..100 {
                let began = Instant::now();
                assert_eq!(get(&app, "/readyz").await.status, 503);
                later.push(began.elapsed());
            }
            assert!(runs.load(Ordering::SeqCst) <= 2);
            (first, later.into_iter().max().unwrap())
        })
    };
    let mut attempts = Vec::new();
    let kept = std::iter::repeat_with(measured).take(10).any(|(first, later)| {
        attempts.push((first, later));
        let ms = Duration::from_millis;
        (ms(700)..ms(900)).contains(&first) && later < ms(5)
    });
    assert!(kept, "{attempts:?}");
}

#[test]
fn two_hundred_concurrent_probes_start_no_more_runs_than_the_timeout_allows() {
    let timeout = Duration::from_millis(500);
    for spec in [
        CheckSpec::new("db").ttl(Duration::ZERO),
        CheckSpec::new("db").interval(timeout * 2),
    ] {
        workers(4).block_on(async {
            let (runs, health) = Fault::new(spec.timeout(timeout), |_| std::future::pending()).start();
            let app: Router = health.router();
            let began = Instant::now();
            let probers = (0..200).map(|_| {
                let app = app.clone();
                tokio::spawn(async move {
                    let mut answers = 0;
                    while began.elapsed() < Duration::from_secs(5) {
                        assert_eq!(get(&app, "/readyz").await.status, 503);
                        answers += 1;
                        tokio::task::yield_now().await; // as with a socket
                    }
                    answers
                })
            });
            let mut answers = 0;
            for prober in probers.collect::<Vec<_>>() {
                answers += prober.await.unwrap();
            }
            let most = began.elapsed().as_millis() / timeout.as_millis() + 1;
            let runs = runs.load(Ordering::SeqCst) as u128;
            assert!(runs <= most, "{runs} runs, {most} allowed");
            assert!(runs >= 4, "{runs} runs: the check must be tried again");
            assert!(
                answers > 10_000,
                "{answers} answers: no probe may wait for the hung check"
            );
        });
    }
}

#[tokio::test]
async fn a_panic_fails_the_check_and_the_next_run_happens() {
    let (runs, health) = Fault::new(db(), |run| async move {
        assert!(run >= 3, "the driver is broken: postgres://user:secret@host");
        Ok(Outcome::healthy())
    })
    .start();
    let app = health.router();
    fails_with(&app, "panic").await;
    let report = health.report(Probe::Readiness);
    assert_eq!(
        report.checks[0].message.as_deref(),
        Some("the driver is broken: postgres://***@host")
    );
    passes(&app).await;
    assert!(runs.load(Ordering::SeqCst) >= 4);
}

#[test]
fn a_check_that_blocks_its_thread_is_stuck_while_the_other_threads_serve() {
    let runtime = workers(4);
    runtime.block_on(async {
        let (runs, health) = Fault::new(db(), |_| async {
            loop {
                std::thread::park();
            }
        })
        .start();
        // Over a socket, because this also tests that accepts and timers continue.
        let address = health_tests::serve(health.router()).await;
        let ask = |uri| health_tests::raw(address, uri);
        until("it is stuck", async || {
            let answer = ask("GET /readyz HTTP/1.0\r\n\r\n").await;
            assert!(answer.starts_with("HTTP/1.0 503"), "{answer}");
            answer.contains("\"reason\":\"stuck\"").then_some(())
        })
        .await;
        for _ in 0..200 {
            let began = Instant::now();
            assert!(ask("GET /readyz HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.0 503"));
            assert!(ask("GET /livez HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.0 200"));
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1, "a second run has started");
    });
    runtime.shutdown_background();
}

/// The numbers of tasks in the runtime and of threads in the process.
#[cfg(target_os = "linux")]
fn tasks_and_threads() -> (usize, usize) {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
    (tokio::runtime::Handle::current().metrics().num_alive_tasks(), threads)
}

// Runs in its own process, because other tests start threads.
#[cfg(target_os = "linux")]
#[test]
fn a_check_that_never_returns_costs_no_task_and_no_thread_however_many_probes_ask() {
    if std::env::var_os("HEALTH_TESTS_ALONE").is_none() {
        let name = "a_check_that_never_returns_costs_no_task_and_no_thread_however_many_probes_ask";
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let alone = alone
            .args(["--exact", name, "--nocapture"])
            .env("HEALTH_TESTS_ALONE", "1");
        assert!(alone.status().unwrap().success());
        return;
    }
    for spec in [
        db(),
        CheckSpec::new("db")
            .ttl(Duration::ZERO)
            .timeout(Duration::from_millis(50)),
        db().blocking(),
    ] {
        let runtime = workers(4);
        runtime.block_on(async {
            // The run ignores its abort, so its thread stays blocked.
            let (runs, health) = Fault::new(spec.clone(), |_| async {
                loop {
                    std::thread::park();
                }
            })
            .start();
            let app = health.router();
            fails_with(&app, "stuck").await;
            let ask = async |probes| {
                for _ in 0..probes {
                    assert_eq!(get(&app, "/readyz").await.status, 503);
                }
                // Waking a worker also takes a task, for a moment.
                until("the short tasks have ended", async || {
                    let (tasks, threads) = tasks_and_threads();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    (tasks <= 1).then_some((tasks, threads))
                })
                .await
            };
            let after_ten = ask(10).await;
            assert_eq!(ask(990).await, after_ten, "{spec:?}");
            assert_eq!(runs.load(Ordering::SeqCst), 1, "a second run has started");
        });
        runtime.shutdown_background();
    }
}

#[test]
fn a_runtime_that_nobody_drives_does_not_collect_tasks() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (_, health) = {
        let _guard = runtime.enter();
        Fault::new(db(), |_| std::future::pending()).start()
    };
    std::thread::sleep(Duration::from_secs(1)); // twenty ticks
    let tasks = runtime.metrics().num_alive_tasks();
    assert!(
        tasks <= 3,
        "{tasks} tasks, expected the run and those that wake a worker"
    );
    drop(health);
}

#[test]
fn a_run_that_is_being_polled_while_the_engine_ends_does_not_panic() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.to_string().contains("being shutdown") {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        hook(panic);
    }));
    let runtime = workers(2);
    runtime.block_on(async {
        let (runs, health) = Fault::new(CheckSpec::new("db"), |_| async {
            std::thread::sleep(Duration::from_millis(500));
            std::future::pending().await
        })
        .start();
        until("it runs", async || (runs.load(Ordering::SeqCst) == 1).then_some(())).await;
        drop(health);
        tokio::time::sleep(Duration::from_millis(800)).await; // longer than the poll takes
    });
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}

#[test]
fn a_check_that_blocks_the_worker_that_serves_timers_stops_no_timer() {
    let runtime = workers(4);
    runtime.block_on(async {
        let blocks = Arc::new(AtomicBool::new(false));
        let blocked = Arc::clone(&blocks);
        let (_, health) = Fault::new(CheckSpec::new("db").interval(Duration::from_hours(1)), move |_| {
            let blocks = Arc::clone(&blocks);
            async move {
                // The worker that serves the timers wakes this run and polls it. Then the run blocks this worker.
                tokio::time::sleep(Duration::from_millis(50)).await;
                blocks.store(true, Ordering::SeqCst);
                std::thread::sleep(Duration::from_secs(3));
                blocks.store(false, Ordering::SeqCst);
                Ok(Outcome::healthy())
            }
        })
        .start();
        let timer = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            blocked.load(Ordering::SeqCst)
        });
        assert!(
            timer.await.unwrap(),
            "the timer must fire while the check blocks its worker"
        );
        drop(health);
    });
    runtime.shutdown_background();
}

#[test]
fn a_stuck_check_recovers_when_its_run_returns() {
    let free = Arc::new(AtomicBool::new(false));
    let release = Arc::clone(&free);
    let runtime = workers(4);
    runtime.block_on(async {
        let (runs, health) = Fault::new(db(), move |_| {
            let free = Arc::clone(&free);
            async move {
                while !free.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                Ok(Outcome::healthy())
            }
        })
        .start();
        let app = health.router();
        fails_with(&app, "stuck").await;
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        release.store(true, Ordering::SeqCst);
        passes(&app).await;
    });
}

#[test]
fn a_success_that_blocked_its_thread_past_the_timeout_is_a_timeout() {
    let runtime = workers(4);
    runtime.block_on(async {
        let (runs, health) = Fault::new(db(), |_| async {
            std::thread::sleep(Duration::from_millis(400)); // like a driver that is not async
            Ok(Outcome::healthy())
        })
        .start();
        let app = health.router();
        while runs.load(Ordering::SeqCst) < 4 {
            let answer = get(&app, "/readyz").await;
            assert_eq!(answer.status, 503, "{}", answer.body);
            tokio::task::yield_now().await;
        }
    });
}

#[tokio::test]
async fn a_run_that_the_runtime_was_too_busy_to_poll_has_not_timed_out() {
    let spec = db()
        .liveness()
        .in_process()
        .readiness()
        .interval(Duration::from_hours(1));
    let (_, health) = Fault::new(spec, |_| async { Ok(Outcome::healthy()) }).start();
    let app = health.router();
    std::thread::sleep(Duration::from_millis(400)); // like a `main` that loads something on the only thread
    assert_eq!(get(&app, "/livez").await.status, 200);
    passes(&app).await;
}

#[test]
fn neither_checks_nor_probes_need_the_timers_of_their_runtime() {
    let without = || Builder::new_current_thread().enable_io().build().unwrap();
    let (checks, prober) = (Builder::new_multi_thread().enable_io().build().unwrap(), without());
    let (_, health) = {
        let _guard = checks.enter();
        let hangs_first = |run| async move {
            if run == 0 {
                std::future::pending::<()>().await;
            }
            Ok(Outcome::healthy())
        };
        Fault::new(db().timeout(Duration::from_millis(90)), hangs_first).start()
    };
    let app: Router = health.router();
    prober.block_on(async {
        assert_eq!(
            get(&app, "/readyz").await.json()["checks"][0]["reason"],
            "timeout",
            "the probe waits for the timeout"
        );
        while get(&app, "/readyz").await.status != 200 {
            std::thread::yield_now();
        }
    });
}

/// A check with a slow `attach`. Meanwhile, the flag changes.
struct Slow(Flag);

impl HealthCheck for Slow {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }

    fn attach(&self, _: Trigger) {
        std::thread::sleep(Duration::from_millis(100));
        self.0.set_unhealthy("while the engine starts");
    }
}

#[derive(HealthState)]
#[health(interval = "1h")]
struct Attached {
    #[health_check]
    slow: Slow,
    #[health_check(critical)]
    flag: Flag,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_is_set_while_the_engine_starts_is_not_missed() {
    let flag = Flag::healthy();
    let slow = Slow(flag.clone());
    let app = Health::builder(Attached { slow, flag }).start().router();
    until("the report has the status of the flag", async || {
        let body = get(&app, "/readyz/flag").await.json();
        assert_ne!(body["status"], "healthy");
        (body["checks"][0]["reason"] == "reported").then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_longest_and_the_shortest_times_work_like_any_other() {
    const DAY: Duration = Duration::from_hours(24);
    const MILLI: Duration = Duration::from_millis(1);
    let db = || CheckSpec::new("db");
    for (spec, time, drain) in [
        (db().interval(DAY).timeout(DAY.saturating_sub(MILLI)), DAY, DAY),
        (db().ttl(DAY).timeout(DAY), DAY, DAY),
        (db().interval(MILLI), MILLI, Duration::ZERO),
        (
            db().ttl(Duration::ZERO).timeout(MILLI).max_age(251 * MILLI),
            MILLI,
            Duration::ZERO,
        ),
    ] {
        let (runs, builder) = Fault::new(spec, |_| async { Ok(Outcome::healthy()) }).builder();
        let builder = builder.interval(time).probe_budget(time);
        let health = builder.drain(drain).shutdown_grace(time).start();
        let app: Router = health.router();
        until("it runs", async || {
            get(&app, "/readyz").await;
            (runs.load(Ordering::SeqCst) > 0).then_some(())
        })
        .await;
        health.drain();
        assert_eq!(get(&app, "/readyz").await.status, 503);
    }
}

/// An error that panics in `Display` or in `Drop`.
#[derive(Debug)]
struct Nasty {
    display: bool,
    drop: bool,
}

impl fmt::Display for Nasty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(!self.display, "in Display");
        f.write_str("nasty")
    }
}

impl std::error::Error for Nasty {}

impl Drop for Nasty {
    fn drop(&mut self) {
        assert!(!self.drop, "in Drop");
    }
}

#[tokio::test]
async fn an_error_that_panics_in_display_or_drop_is_a_failure_like_any_other() {
    for (display, drop) in [(true, false), (false, true), (true, true)] {
        let (runs, health) = Fault::new(db(), move |run| async move {
            if run < 3 {
                Err(Nasty { display, drop }.into())
            } else {
                Ok(Outcome::healthy())
            }
        })
        .start();
        let app = health.router();
        fails_with(&app, "error").await;
        passes(&app).await;
        assert!(runs.load(Ordering::SeqCst) >= 4);
    }
}

#[tokio::test]
async fn a_future_that_panics_when_it_is_dropped_frees_the_check() {
    let (runs, health) = Fault::new(db(), |run| async move {
        if run < 2 {
            let _bomb = Bomb;
            std::future::pending::<()>().await;
        }
        Ok(Outcome::healthy())
    })
    .start();
    let app = health.router();
    fails_with(&app, "panic").await;
    passes(&app).await;
    assert!(runs.load(Ordering::SeqCst) >= 3);
}

#[tokio::test]
async fn a_panic_payload_that_panics_when_it_is_dropped_frees_the_check() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("in the payload's Drop");
        }
    }
    let (_, health) = Fault::new(db(), |run| async move {
        if run < 2 {
            std::panic::panic_any(Payload);
        }
        Ok(Outcome::healthy())
    })
    .start();
    let app = health.router();
    fails_with(&app, "panic").await;
    passes(&app).await;
}

/// A log layer that reads the engine, changes it and panics, at each event of the engine.
struct Meddler(Arc<std::sync::OnceLock<WeakHealth>>, Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Meddler {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "health" {
            return;
        }
        self.1.fetch_add(1, Ordering::SeqCst);
        if let Some(health) = self.0.get().and_then(WeakHealth::upgrade) {
            let _ = health.report(Probe::Health);
            drop(health.hold("inside of an event"));
            health.mark_started();
        }
        std::panic::panic_any(Bomb);
    }
}

/// Panics again when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in Drop");
    }
}

#[test]
fn a_log_layer_that_calls_back_and_panics_stops_nothing() {
    // The engine logs to the subscriber of the thread that starts it. So this layer also gets the pacemaker's events.
    let handle = Arc::new(std::sync::OnceLock::new());
    let events = Arc::new(AtomicUsize::new(0));
    let layer = Meddler(Arc::clone(&handle), Arc::clone(&events));
    let subscriber = tracing_subscriber::registry().with(layer);
    let dispatch = tracing::Dispatch::new(subscriber);
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_, health) = Fault::new(db(), |run| async move {
            if run.is_multiple_of(2) {
                Err("every other time".into())
            } else {
                Ok(Outcome::healthy())
            }
        })
        .start();
        handle.set(health.downgrade()).unwrap();
        let app = health.router();
        for _ in 0..5 {
            fails_with(&app, "error").await;
            until("readiness passes", async || {
                (get(&app, "/readyz/db").await.status == 200).then_some(())
            })
            .await;
        }
        assert!(events.load(Ordering::SeqCst) > 10);
        health.drain();
        assert_eq!(get(&app, "/readyz").await.status, 503);
    });
}

#[test]
fn probes_fail_after_the_runtime_has_ended() {
    let runtime = workers(1);
    let (runs, health) = {
        let _guard = runtime.enter();
        Fault::new(db(), |_| async { Ok(Outcome::healthy()) }).start()
    };
    let app = health.router();
    let prober = Builder::new_current_thread().enable_all().build().unwrap();
    prober.block_on(passes(&app));
    drop(runtime);
    prober.block_on(async {
        fails_with(&app, "cancelled").await;
        let before = runs.load(Ordering::SeqCst);
        for _ in 0..100 {
            assert_eq!(get(&app, "/readyz").await.status, 503);
        }
        assert_eq!(runs.load(Ordering::SeqCst), before, "nothing can run");
        let report = health.report(Probe::Readiness);
        assert_eq!(
            (report.status, report.checks[0].reason),
            (Status::Unhealthy, Some(Reason::Cancelled))
        );
    });
}

#[test]
fn a_run_in_flight_is_cancelled_when_its_runtime_ends() {
    let runtime = workers(1);
    let (runs, health) = {
        let _guard = runtime.enter();
        let long = CheckSpec::new("db").timeout(Duration::from_mins(1));
        Fault::new(long, |_| std::future::pending()).start()
    };
    let app = health.router();
    let prober = Builder::new_current_thread().enable_all().build().unwrap();
    prober.block_on(until("it runs", async || {
        (runs.load(Ordering::SeqCst) == 1).then_some(())
    }));
    drop(runtime);
    prober.block_on(fails_with(&app, "cancelled"));
}

#[tokio::test]
async fn a_drain_that_races_with_results_on_every_thread_is_never_reverted() {
    for _ in 0..20 {
        let spec = CheckSpec::new("db").ttl(Duration::ZERO);
        let (_, health) = Fault::new(spec, |_| async { Ok(Outcome::healthy()) }).start();
        let app: Router = health.router();
        passes(&app).await;
        let drained = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (health, drained) = (health.clone(), Arc::clone(&drained));
                std::thread::spawn(move || {
                    for _ in 0..1_000 {
                        // Read before the report: if the service was draining then, it is draining in the report.
                        let before = drained.load(Ordering::SeqCst);
                        let report = health.report(Probe::Readiness);
                        assert!(!before || report.reason == Some(Reason::Draining), "{report:?}");
                        drop(health.hold("to force transitions"));
                    }
                })
            })
            .collect();
        for round in 0..50 {
            get(&app, "/readyz").await;
            if round == 25 {
                health.drain();
                drained.store(true, Ordering::SeqCst);
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(get(&app, "/readyz").await.status, 503);
    }
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_run_in_flight_and_frees_the_state() {
    let state = Arc::new(());
    let weak = Arc::downgrade(&state);
    let (runs, health) = Fault::new(CheckSpec::new("db").timeout(Duration::from_hours(1)), move |_| {
        let state = Arc::clone(&state);
        async move {
            std::future::pending::<()>().await;
            drop(state);
            Ok(Outcome::healthy())
        }
    })
    .start();
    let app = health.router::<()>();
    let handle = health.downgrade();
    until("it runs", async || (runs.load(Ordering::SeqCst) == 1).then_some(())).await;
    // With signal handlers, the pacemaker stays, and so does the timer of the run. The run does not end by itself.
    drop(health.shutdown_signal());
    drop(health);
    assert!(handle.upgrade().is_some(), "the router also keeps the engine alive");
    drop(app);
    until("everything is gone", async || {
        (weak.strong_count() == 0 && handle.upgrade().is_none()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_logged_once_with_its_masked_text() {
    // The engine logs to the subscriber of the thread that starts it. So this log also has the events of its other
    // threads.
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let (runs, health) = Fault::new(db(), |run| async move {
        if run == 0 {
            Ok(Outcome::healthy())
        } else {
            Err("connect postgres://user:secret@logged-once/db".into())
        }
    })
    .start();
    let app = health.router();
    passes(&app).await;
    fails_with(&app, "error").await;
    let before = runs.load(Ordering::SeqCst);
    until("five more failures", async || {
        (runs.load(Ordering::SeqCst) > before + 5).then_some(())
    })
    .await;
    assert!(get(&app, "/readyz").await.body.contains("error"));
    // The headline of readiness quotes the message too.
    let lines: Vec<_> = log
        .lines("logged-once")
        .into_iter()
        .filter(|line| !line.contains("headline="))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("ERROR") && lines[0].contains("postgres://***@logged-once/db"),
        "{lines:?}"
    );
    assert!(log.lines("secret").is_empty());
}

/// A check that always receives another item, so it never waits until tokio's task budget is used up.
async fn never_waits() -> CheckResult {
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    loop {
        send.send(()).expect("the receiver is here");
        receive.recv().await;
    }
}

#[test]
fn a_check_that_uses_up_its_budget_is_still_timed_out() {
    for workers in [0, 2] {
        let mut builder = if workers == 0 {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        let runtime = builder.worker_threads(workers.max(1)).enable_all().build().unwrap();
        runtime.block_on(async {
            let (runs, health) = Fault::new(db(), |_| never_waits()).start();
            let app = health.router();
            fails_with(&app, "timeout").await;
            until("it runs again", async || {
                (runs.load(Ordering::SeqCst) > 2).then_some(())
            })
            .await;
        });
    }
}

#[tokio::test]
async fn a_check_that_triggers_its_own_next_run_does_not_use_up_a_core() {
    struct Eager {
        trigger: std::sync::OnceLock<Trigger>,
        runs: Arc<AtomicUsize>,
    }
    impl HealthCheck for Eager {
        async fn check(&self) -> CheckResult {
            self.runs.fetch_add(1, Ordering::SeqCst);
            self.trigger.get().expect("attached").run();
            Ok(Outcome::healthy())
        }

        fn attach(&self, trigger: Trigger) {
            let _ = self.trigger.set(trigger);
        }
    }
    let runs = Arc::new(AtomicUsize::new(0));
    let eager = Eager {
        trigger: std::sync::OnceLock::new(),
        runs: Arc::clone(&runs),
    };
    let _health = Health::builder(Eventually)
        .check(CheckSpec::new("eager"), eager)
        .start();
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await; // counts the runs of this second
    let most = began.elapsed().as_millis() / 50 + 2;
    let runs = runs.load(Ordering::SeqCst);
    assert!(runs > 1 && runs as u128 <= most, "{runs} runs, {most} ticks");
}

/// A state without checks.
struct Eventually;

impl HealthState for Eventually {
    fn register(_: &mut Checks<Self>) {}
}

/// A state that must not be dropped in a task, because it owns a runtime.
struct OwnsRuntime {
    _runtime: tokio::runtime::Runtime,
    dropped: std::sync::mpsc::Sender<bool>,
}

impl Drop for OwnsRuntime {
    fn drop(&mut self) {
        let in_a_task = tokio::runtime::Handle::try_current().is_ok();
        let _ = self.dropped.send(in_a_task);
    }
}

impl HealthState for OwnsRuntime {
    fn register(checks: &mut Checks<Self>) {
        let spec = CheckSpec::new("slow")
            .interval(Duration::from_millis(20))
            .timeout(Duration::from_millis(10));
        checks.with(spec, |_| {
            Box::pin(async {
                for _ in 0..1_000 {
                    tokio::task::yield_now().await;
                }
                Ok(Outcome::healthy())
            })
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_is_never_dropped_in_a_task() {
    for round in 0..40_u64 {
        let (dropped, drops) = std::sync::mpsc::channel();
        let state = OwnsRuntime {
            _runtime: Builder::new_current_thread().build().unwrap(),
            dropped,
        };
        let health = Health::builder(state).start();
        tokio::time::sleep(Duration::from_millis(round % 7)).await; // somewhere in the middle of a run
        drop(health);
        let in_a_task = drops.recv_timeout(Duration::from_secs(10)).expect("it is dropped");
        assert!(!in_a_task, "round {round}");
    }
}

#[tokio::test]
async fn a_refresh_runs_a_check_before_its_interval_is_over() {
    let (runs, health) = Fault::new(CheckSpec::new("db").interval(Duration::from_hours(1)), |_| async {
        Ok(Outcome::healthy())
    })
    .start();
    for (round, refresh) in [(1, true), (2, false)] {
        until("it has run", async || {
            (runs.load(Ordering::SeqCst) == round).then_some(())
        })
        .await;
        if refresh {
            assert!(health.refresh("db"));
        } else {
            health.refresh_all();
        }
    }
    until("it has run again", async || {
        (runs.load(Ordering::SeqCst) == 3).then_some(())
    })
    .await;
    assert!(!health.refresh("bd"), "no check has this name");
}
