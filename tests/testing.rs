//! The test kit: what users test their services with.
#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    reason = "check functions in the forms that users give them"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{FutureExt as _, StreamExt};
use health_runtime::testing::TestHealth;
use health_runtime::{
    BoxError, Breaker, CheckResult, CheckSpec, Checks, Flag, Health, HealthCheck, HealthEvent, HealthState, Outcome,
    Phase, Probe, Reason, Status, run,
};
use health_tests::{Log, get};
use tracing_subscriber::layer::SubscriberExt as _;

const TICK: Duration = Duration::from_millis(50);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[derive(Clone, HealthState)]
#[health(drain = "1s")]
struct App {
    #[health_check(critical)]
    db: Flag,
    #[health_check]
    payments: Flag,
}

fn app() -> App {
    App {
        db: Flag::healthy(),
        payments: Flag::healthy(),
    }
}

/// A check with a result that the test sets. It counts its runs.
#[derive(Clone, Default)]
struct Counted(Arc<(AtomicU32, Mutex<Option<&'static str>>)>);

impl Counted {
    fn runs(&self) -> u32 {
        self.0.0.load(SeqCst)
    }

    fn fail(&self, error: &'static str) {
        *self.0.1.lock().unwrap() = Some(error);
    }

    fn recover(&self) {
        *self.0.1.lock().unwrap() = None;
    }
}

impl HealthCheck for Counted {
    async fn check(&self) -> CheckResult {
        self.0.0.fetch_add(1, SeqCst);
        let error = *self.0.1.lock().unwrap();
        error.map_or(Ok(Outcome::healthy()), |error| Err(error.into()))
    }
}

#[derive(HealthState)]
struct One {
    #[health_check(critical)]
    db: Counted,
}

fn one() -> (TestHealth, Counted) {
    let db = Counted::default();
    (TestHealth::new(One { db: db.clone() }), db)
}

/// Refreshes without a runtime. Only for checks that wait for nothing.
fn refresh(health: &TestHealth) {
    health.refresh().now_or_never().expect("these checks wait for nothing");
}

fn reason(health: &TestHealth, check: &str) -> Option<Reason> {
    health.check(check).reason
}

/// The message of the panic.
fn text_of(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("it has to panic");
    *panic.downcast::<String>().unwrap()
}

// --- by hand ---

#[test]
fn nothing_runs_by_itself_and_no_runtime_is_needed() {
    let (health, db) = one();
    assert_eq!(health.get("/readyz").status(), 503);
    health.advance(ms(10_000));
    assert_eq!(health.get("/readyz/db").status(), 503);
    assert_eq!((reason(&health, "db"), db.runs()), (Some(Reason::Pending), 0));
    refresh(&health);
    health.advance(ms(10_000));
    assert_eq!((health.get("/readyz").status(), db.runs()), (200, 1));
}

#[test]
fn a_run_that_a_check_triggers_comes_with_the_next_refresh() {
    let state = app();
    let health = TestHealth::new(state.clone());
    refresh(&health);
    state.payments.set_unhealthy("the account is closed");
    health.assert_check("payments", Status::Healthy);
    refresh(&health);
    health.assert_check("payments", Status::Unhealthy);
}

#[test]
fn a_probe_runs_no_expired_check_and_waits_for_none() {
    #[derive(HealthState)]
    #[health(ttl = "1s")]
    struct Frozen {
        #[health_check(critical)]
        db: Counted,
    }
    let db = Counted::default();
    let health = TestHealth::new(Frozen { db: db.clone() });
    assert_eq!((health.get("/readyz").status(), db.runs()), (503, 0));
    refresh(&health);
    health.advance(ms(2_000));
    assert_eq!((health.get("/readyz").status(), db.runs()), (200, 1));
}

#[tokio::test]
async fn no_probe_of_a_router_waits_or_runs_anything() {
    let (health, db) = one();
    let app = health.router();
    assert_eq!(get(&app, "/readyz").now_or_never().unwrap().status, 503);
    assert_eq!(db.runs(), 0);
    health.refresh().await;
    assert_eq!(get(&app, "/readyz").await.status, 200);
}

/// Runs in its own process, where no other test has threads.
#[test]
fn no_thread_is_ever_started() {
    const ALONE: &str = "HEALTH_TESTS_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let this = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "no_thread_is_ever_started", "--test-threads=1"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&this.stdout);
        assert!(this.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    fn slow() -> bool {
        true
    }
    struct Blocking;
    impl HealthState for Blocking {
        fn register(checks: &mut Checks<Self>) {
            let spec = CheckSpec::new("disk")
                .critical()
                .blocking()
                .timeout(ms(20))
                .interval(ms(50));
            checks.with(spec, |_| run(slow()));
        }
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let health = Health::builder(Blocking).stalled_after(ms(1_000)).manual();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let stop = health.shutdown_signal();
        health.refresh().await;
        health.advance(ms(1_000));
        health.refresh().await;
        health.assert_status(Probe::Health, Status::Healthy);
        health.drain();
        health.advance(ms(11_000));
        stop.now_or_never().expect("the drain is over");
    });
    assert_eq!(threads(), before);
}

#[test]
fn two_test_engines_of_one_state_cause_no_warning() {
    use tracing_subscriber::layer::SubscriberExt as _;
    #[derive(HealthState)]
    struct Own;
    let log = health_tests::Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    tracing::subscriber::with_default(subscriber, || {
        let both = [TestHealth::new(Own), TestHealth::new(Own)];
        both.iter().for_each(refresh);
    });
    assert_eq!(log.lines("a second health engine").len(), 0);
    assert_eq!(log.lines("started").len(), 2, "the log must have these lines");
}

#[test]
fn the_test_kit_serves_no_port() {
    let (health, _) = one();
    let error = health.serve_internal("127.0.0.1:0").unwrap_err();
    assert_eq!(error.to_string(), "cannot serve a port while a test controls the clock");
}

#[test]
fn dropping_the_test_kit_leaks_nothing() {
    #[derive(HealthState)]
    struct Guarded {
        #[health_check]
        alive: Arc<Counted>,
    }
    let alive = Arc::new(Counted::default());
    let health = TestHealth::new(Guarded {
        alive: Arc::clone(&alive),
    });
    health.force("alive", Status::Healthy);
    health.unforce("alive");
    refresh(&health);
    let weak = health.downgrade();
    assert_eq!(health.get("/livez").status(), 200);
    drop(health);
    assert!(weak.upgrade().is_none());
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn a_state_that_cannot_start_panics_in_the_test_kit_too() {
    struct Twice;
    impl HealthState for Twice {
        fn register(checks: &mut Checks<Self>) {
            for _ in 0..2 {
                checks.with(CheckSpec::new("db"), |_| run(true));
            }
        }
    }
    let text = text_of(|| drop(TestHealth::new(Twice)));
    assert_eq!(
        text,
        "cannot start health: two health checks are named `db`; rename one with `name = \"...\"`"
    );
}

// --- refresh ---

#[test]
fn the_thresholds_count_a_refresh_as_one_run() {
    #[derive(HealthState)]
    struct Patient {
        #[health_check(critical, failure_threshold = 3)]
        db: Counted,
    }
    let db = Counted::default();
    let health = TestHealth::new(Patient { db: db.clone() });
    refresh(&health);
    db.fail("gone");
    for expected in [Status::Healthy, Status::Healthy, Status::Unhealthy] {
        refresh(&health);
        health.assert_status(Probe::Readiness, expected);
    }
    assert_eq!(db.runs(), 4);
}

#[test]
fn a_check_with_an_open_breaker_does_not_run_until_the_reset() {
    struct Broken(Counted);
    impl HealthState for Broken {
        fn register(checks: &mut Checks<Self>) {
            let breaker = Breaker::new().failures(2).successes(1).reset(ms(30_000));
            checks.add(CheckSpec::new("db").breaker(breaker), |state| &state.0);
        }
    }
    let db = Counted::default();
    let health = TestHealth::new(Broken(db.clone()));
    db.fail("gone");
    for _ in 0..4 {
        refresh(&health);
    }
    assert_eq!((reason(&health, "db"), db.runs()), (Some(Reason::BreakerOpen), 2));
    db.recover();
    health.advance(ms(29_950));
    refresh(&health);
    assert_eq!(db.runs(), 2);
    health.advance(TICK);
    refresh(&health);
    assert_eq!((reason(&health, "db"), db.runs()), (None, 3));
}

#[test]
fn neither_a_disabled_nor_an_ended_nor_a_forced_check_is_called() {
    #[derive(HealthState)]
    struct Some {
        #[health_check]
        absent: Option<Counted>,
        #[health_check(startup)]
        migrated: Counted,
        #[health_check]
        payments: Counted,
    }
    let (migrated, payments) = (Counted::default(), Counted::default());
    let health = TestHealth::new(Some {
        absent: None,
        migrated: migrated.clone(),
        payments: payments.clone(),
    });
    health.force("payments", Status::Degraded);
    refresh(&health);
    health.assert_status(Probe::Startup, Status::Healthy);
    refresh(&health);
    assert_eq!((migrated.runs(), payments.runs()), (1, 0));
    assert_eq!(reason(&health, "absent"), Some(Reason::Disabled));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_runs_all_checks_at_the_same_time() {
    async fn pause((): &()) {
        tokio::time::sleep(ms(1_000)).await;
    }
    #[derive(HealthState)]
    struct Slow {
        #[health_check(with = pause)]
        a: (),
        #[health_check(with = pause)]
        b: (),
    }
    let began = tokio::time::Instant::now();
    let health = TestHealth::new(Slow { a: (), b: () });
    health.refresh().await;
    assert!(began.elapsed() < ms(1_100));
    health.assert_status(Probe::Readiness, Status::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_run_has_its_timeout_and_paused_time_passes_by_itself() {
    async fn pause(time: &Duration) {
        tokio::time::sleep(*time / 2).await;
        tokio::time::sleep(*time / 2).await;
    }
    #[derive(HealthState)]
    struct Slow {
        #[health_check(critical, timeout = "10s", with = pause)]
        db: Duration,
        #[health_check(degraded_after = "100ms", with = pause)]
        cache: Duration,
        #[health_check(with = pause)]
        fast: Duration,
    }
    let began = Instant::now();
    let health = TestHealth::new(Slow {
        db: Duration::from_hours(1),
        cache: ms(150),
        fast: Duration::ZERO,
    });
    health.refresh().await;
    assert_eq!(reason(&health, "db"), Some(Reason::Timeout));
    assert_eq!(reason(&health, "cache"), Some(Reason::Slow));
    assert_eq!(reason(&health, "fast"), None);
    let latency = health.check("cache").latency.unwrap();
    assert!((ms(149)..ms(155)).contains(&latency), "{latency:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "no real time may pass");
    // The time of the run has also passed for the other checks.
    health.advance(ms(7_200));
    assert_eq!(reason(&health, "cache"), Some(Reason::Stale));
}

#[tokio::test]
async fn a_blocking_check_runs_inline_and_fails_after_its_timeout() {
    fn block(time: &Duration) {
        std::thread::sleep(*time);
    }
    #[derive(HealthState)]
    struct Disks {
        #[health_check(blocking, timeout = "20ms", with = block)]
        slow: Duration,
        #[health_check(blocking, with = block)]
        fast: Duration,
    }
    let (slow, fast) = (ms(30), Duration::ZERO);
    let health = TestHealth::new(Disks { slow, fast });
    health.refresh().now_or_never().expect("these checks wait for nothing");
    assert_eq!(reason(&health, "slow"), Some(Reason::Timeout));
    assert_eq!(reason(&health, "fast"), None);
}

#[test]
fn a_check_that_waits_for_nothing_takes_no_time() {
    #[derive(HealthState)]
    struct Disk {
        #[health_check(critical, blocking, with = block)]
        disk: Duration,
    }
    fn block(time: &Duration) {
        std::thread::sleep(*time);
    }
    let health = TestHealth::new(Disk { disk: ms(5) });
    refresh(&health);
    assert_eq!(health.check("disk").latency, Some(Duration::ZERO));
    health.advance(ms(17_000));
    health.assert_check("disk", Status::Healthy);
}

#[tokio::test]
async fn the_latency_of_a_check_is_in_whole_milliseconds_and_excludes_blocking_by_others() {
    async fn pause(time: &Duration) {
        tokio::time::sleep(*time).await;
    }
    fn block(time: &Duration) {
        std::thread::sleep(*time);
    }
    #[derive(HealthState)]
    struct Slow {
        #[health_check(with = pause)]
        cache: Duration,
        #[health_check(blocking, with = block)]
        disk: Duration,
    }
    let health = TestHealth::new(Slow {
        cache: ms(1_250),
        disk: ms(1_200),
    });
    health.refresh().await;
    let latency = health.check("cache").latency.unwrap();
    assert!((ms(1)..ms(1_200)).contains(&latency), "{latency:?}");
    assert!(latency.subsec_nanos().is_multiple_of(1_000_000), "{latency:?}");
}

#[test]
fn more_blocking_checks_than_there_are_threads_all_run_in_each_refresh() {
    struct Many(Counted);
    impl HealthState for Many {
        fn register(checks: &mut Checks<Self>) {
            for name in 0..40 {
                let spec = CheckSpec::new(Box::leak(format!("disk{name}").into_boxed_str()));
                checks.add(spec.blocking(), |state| &state.0);
            }
        }
    }
    let disk = Counted::default();
    let health = TestHealth::new(Many(disk.clone()));
    for runs in [40, 80, 120] {
        refresh(&health);
        assert_eq!(disk.runs(), runs);
    }
    health.assert_status(Probe::Readiness, Status::Healthy);
}

#[test]
fn a_panic_fails_only_its_own_check() {
    async fn fault((): &()) {
        panic!("index out of bounds");
    }
    #[derive(HealthState)]
    struct Faulty {
        #[health_check(with = fault)]
        cache: (),
        #[health_check(critical)]
        db: Flag,
    }
    let health = TestHealth::new(Faulty {
        cache: (),
        db: Flag::healthy(),
    });
    refresh(&health);
    health.assert_status(Probe::Readiness, Status::Degraded);
    let cache = health.check("cache");
    assert_eq!(cache.reason, Some(Reason::Panic));
    assert_eq!(cache.message.as_deref(), Some("index out of bounds"));
}

#[derive(HealthState)]
struct Hanging {
    #[health_check(critical, timeout = "2s", with = hang)]
    db: Counted,
}

async fn hang(db: &Counted) {
    let _ = db.check().await;
    std::future::pending::<()>().await;
}

#[test]
fn a_run_in_flight_becomes_stuck_and_is_not_started_again() {
    let db = Counted::default();
    let health = TestHealth::new(Hanging { db: db.clone() });
    let mut first = Box::pin(health.refresh());
    assert!(first.as_mut().now_or_never().is_none());
    refresh(&health);
    assert_eq!((reason(&health, "db"), db.runs()), (Some(Reason::Pending), 1));
    health.advance(ms(2_200));
    assert_eq!(reason(&health, "db"), Some(Reason::Pending));
    health.advance(TICK);
    assert_eq!(reason(&health, "db"), Some(Reason::Stuck));
}

#[test]
fn a_refresh_that_is_dropped_cancels_its_runs() {
    let db = Counted::default();
    let health = TestHealth::new(Hanging { db: db.clone() });
    assert!(health.refresh().now_or_never().is_none());
    assert_eq!((reason(&health, "db"), db.runs()), (Some(Reason::Cancelled), 1));
    assert!(health.refresh().now_or_never().is_none());
    assert_eq!(db.runs(), 2);
}

// --- force ---

#[test]
fn a_forced_check_has_its_result_at_once_and_keeps_it() {
    #[derive(HealthState)]
    struct Patient {
        #[health_check(critical, max_age = "20s", failure_threshold = 3)]
        db: Counted,
    }
    let db = Counted::default();
    let health = TestHealth::new(Patient { db: db.clone() });
    refresh(&health);
    health.force("db", Err::<(), _>("connection refused"));
    for _ in 0..2 {
        let check = health.check("db");
        assert_eq!((check.status, check.reason), (Status::Unhealthy, Some(Reason::Error)));
        assert_eq!(check.message.as_deref(), Some("connection refused"));
        assert_eq!(health.get("/readyz").status(), 503);
        health.advance(ms(60_000));
        refresh(&health);
    }
    assert_eq!(db.runs(), 1);
    health.force("db", Outcome::degraded("slow disk"));
    health.advance(ms(60_000));
    health.assert_check("db", Status::Degraded);
    assert_eq!(health.check("db").message.as_deref(), Some("slow disk"));
}

#[test]
fn a_check_that_is_no_longer_forced_ages_and_runs_again() {
    let (health, db) = one();
    health.force("db", Status::Healthy);
    health.advance(ms(60_000));
    health.unforce("db");
    health.assert_check("db", Status::Healthy);
    health.advance(ms(17_000));
    health.assert_check("db", Status::Healthy);
    health.advance(TICK);
    assert_eq!(reason(&health, "db"), Some(Reason::Stale));
    refresh(&health);
    health.assert_check("db", Status::Healthy);
    assert_eq!(db.runs(), 1);
    health.advance(ms(17_000));
    health.unforce("db");
    health.advance(TICK);
    assert_eq!(reason(&health, "db"), Some(Reason::Stale), "it was not forced");
}

#[test]
fn thresholds_count_from_the_forced_result() {
    #[derive(HealthState)]
    struct Patient {
        #[health_check(critical, failure_threshold = 2)]
        db: Counted,
    }
    let db = Counted::default();
    let health = TestHealth::new(Patient { db: db.clone() });
    db.fail("gone");
    refresh(&health);
    health.force("db", Status::Healthy);
    health.unforce("db");
    for expected in [Status::Healthy, Status::Unhealthy] {
        refresh(&health);
        health.assert_check("db", expected);
    }
}

#[test]
fn forcing_a_check_closes_its_breaker() {
    #[derive(HealthState)]
    struct Broken {
        #[health_check(breaker(failures = 1, reset = "1h"))]
        db: Counted,
    }
    let db = Counted::default();
    let health = TestHealth::new(Broken { db: db.clone() });
    db.fail("gone");
    refresh(&health);
    assert_eq!(reason(&health, "db"), Some(Reason::BreakerOpen));
    health.force("db", Err::<(), _>("gone"));
    assert_eq!(reason(&health, "db"), Some(Reason::Error));
    health.unforce("db");
    refresh(&health);
    assert_eq!((reason(&health, "db"), db.runs()), (Some(Reason::BreakerOpen), 2));
}

#[test]
fn a_result_that_is_forced_during_a_run_is_kept() {
    #[derive(HealthState)]
    struct Waiting {
        #[health_check(critical, breaker(failures = 1, reset = "1h"), with = wait)]
        db: Arc<tokio::sync::Notify>,
    }
    async fn wait(go: &Arc<tokio::sync::Notify>) {
        go.notified().await;
    }
    let go = Arc::new(tokio::sync::Notify::new());
    let health = TestHealth::new(Waiting { db: Arc::clone(&go) });
    let mut flight = Box::pin(health.refresh());
    assert!(flight.as_mut().now_or_never().is_none());
    health.force("db", Err::<(), _>("gone"));
    health.advance(ms(10_000));
    assert_eq!(reason(&health, "db"), Some(Reason::Error));
    go.notify_one();
    flight.now_or_never().expect("the check is notified");
    let db = health.check("db");
    assert_eq!((db.reason, db.message.as_deref()), (Some(Reason::Error), Some("gone")));
    health.unforce("db");
    assert_eq!(reason(&health, "db"), Some(Reason::Error), "the breaker is closed");
}

#[test]
fn a_forced_result_counts_like_the_result_of_a_run() {
    #[derive(HealthState)]
    struct Shared {
        #[health_check(critical, fail_open)]
        db: Flag,
        #[health_check(startup)]
        migrated: Flag,
    }
    let health = TestHealth::new(Shared {
        db: Flag::healthy(),
        migrated: Flag::new(),
    });
    let error = || Err::<(), _>("gone");
    health.force("db", error());
    health.assert_check("db", Status::Unhealthy);
    health.assert_status(Probe::Startup, Status::Unhealthy);
    health.force("migrated", ());
    health.assert_status(Probe::Startup, Status::Healthy);
    health.force("db", ());
    health.force("db", error());
    health.assert_status(Probe::Readiness, Status::Degraded);
}

#[test]
fn a_disabled_check_and_one_that_has_ended_can_be_forced() {
    #[derive(HealthState)]
    struct Both {
        #[health_check]
        absent: Option<Flag>,
        #[health_check(startup)]
        migrated: Flag,
    }
    let health = TestHealth::new(Both {
        absent: None,
        migrated: Flag::healthy(),
    });
    refresh(&health);
    for check in ["absent", "migrated"] {
        health.force(check, Err::<(), _>("gone"));
        health.assert_check(check, Status::Unhealthy);
        health.unforce(check);
        health.assert_check(check, Status::Healthy);
    }
    health.assert_status(Probe::Startup, Status::Healthy);
    let absent = health.check("absent");
    assert_eq!((absent.reason, absent.message), (Some(Reason::Disabled), None));
}

#[test]
fn secrets_in_a_forced_error_are_masked() {
    let (health, _) = one();
    health.force("db", Err::<(), _>("no route to postgres://app:hunter2@db/orders"));
    let message = health.check("db").message.unwrap();
    assert!(
        message.contains("no route") && !message.contains("hunter2"),
        "{message}"
    );
}

#[test]
fn subscribers_receive_forced_results() {
    #[derive(HealthState)]
    struct Absent {
        #[health_check]
        db: Flag,
        #[health_check]
        payments: Option<Flag>,
    }
    let health = TestHealth::new(Absent {
        db: Flag::healthy(),
        payments: None,
    });
    let mut events = health.subscribe();
    refresh(&health);
    health.force("payments", BoxErrorOf("gone"));
    health.unforce("payments");
    let mut told = Vec::new();
    while let Some(Some(HealthEvent::Check(transition))) = events.next().now_or_never() {
        told.push((transition.check, transition.to));
    }
    let expected = [
        ("db", Status::Healthy),
        ("payments", Status::Unhealthy),
        ("payments", Status::Healthy),
    ];
    assert_eq!(told, expected.map(|(check, to)| (check.into(), to)));
}

/// A result type that a user defines.
struct BoxErrorOf(&'static str);

impl health_runtime::IntoOutcome for BoxErrorOf {
    fn into_outcome(self) -> CheckResult {
        Err(BoxError::from(self.0))
    }
}

// --- time ---

#[test]
fn a_result_turns_stale_after_the_same_time_as_in_production() {
    let (health, _) = one();
    refresh(&health);
    health.advance(ms(17_000)); // 3 × interval + timeout
    health.assert_status(Probe::Readiness, Status::Healthy);
    health.advance(TICK);
    assert_eq!(reason(&health, "db"), Some(Reason::Stale));
    health.assert_status(Probe::Liveness, Status::Healthy);
}

#[test]
fn a_drain_ends_after_its_time() {
    let health = TestHealth::new(app());
    refresh(&health);
    let mut stop = Box::pin(health.shutdown_signal());
    health.drain();
    assert_eq!(health.phase(), Phase::Draining);
    assert_eq!(health.get("/readyz").status(), 503);
    assert_eq!(health.get("/livez").status(), 200);
    health.advance(ms(1_000));
    assert!(stop.as_mut().now_or_never().is_none());
    health.advance(ms(50));
    stop.now_or_never().expect("the drain is over");
}

#[test]
fn a_ready_service_waits_for_the_drain_even_if_no_probe_has_come() {
    let health = TestHealth::new(app());
    health.force("db", Status::Healthy);
    let mut stop = Box::pin(health.shutdown_signal());
    health.drain();
    health.advance(ms(900));
    assert!(stop.as_mut().now_or_never().is_none());
}

#[test]
fn the_end_of_the_drain_is_logged_once() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let health = TestHealth::new(app());
    refresh(&health); // a service that was never ready does not wait
    health.advance(ms(2_000));
    health.drain();
    let said = || log.lines("the drain is over").len();
    health.advance(ms(950));
    assert_eq!(said(), 0);
    for time in [50, 2_000] {
        health.advance(ms(time));
        assert_eq!(said(), 1);
    }
}

#[test]
fn a_check_is_critical_in_each_probe_that_it_can_fail() {
    let builder = Health::builder(app())
        .check(CheckSpec::new("worker").liveness().in_process(), Flag::healthy())
        .check(CheckSpec::new("migrated").startup(), Flag::healthy())
        .check(
            CheckSpec::new("both").liveness().readiness().in_process(),
            Flag::healthy(),
        );
    let health = builder.manual();
    let critical = |probe| {
        let checks = health.report(probe).checks;
        let critical = checks.iter().filter(|check| check.critical);
        critical.map(|check| check.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(critical(Probe::Liveness), ["worker", "both"]);
    assert_eq!(critical(Probe::Startup), ["migrated"]);
    assert_eq!(critical(Probe::Readiness), ["db"]);
    assert_eq!(critical(Probe::Health), ["db", "worker", "both"]);
}

#[test]
fn holds_and_dropped_startup_tasks_are_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let health = TestHealth::new(app());
    drop(health.startup_task("warm caches"));
    assert_eq!(log.lines("warm caches").len(), 1);
    let held = health.hold("maintenance");
    assert_eq!(log.lines("maintenance").len(), 1);
    drop(held);
    assert_eq!(log.lines("maintenance").len(), 2);
    health.startup_task("read the index").done();
    assert!(log.lines("read the index").is_empty());
}

#[test]
fn a_watch_of_readiness_changes_with_a_refresh() {
    let (health, db) = one();
    let readiness = health.watch(Probe::Readiness);
    refresh(&health);
    assert!(readiness.passes());
    db.fail("refused");
    refresh(&health);
    assert!(!readiness.passes());
}

#[test]
fn a_subscription_is_a_stream() {
    let (health, _) = one();
    let mut events = health.subscribe();
    refresh(&health);
    let Some(Some(HealthEvent::Check(transition))) = StreamExt::next(&mut events).now_or_never() else {
        panic!("expected a transition");
    };
    assert_eq!(&*transition.check, "db");
}

#[test]
fn subscribers_receive_transitions_that_time_alone_causes() {
    let (health, _) = one();
    refresh(&health);
    let mut events = health.subscribe();
    health.advance(ms(60_000));
    let Some(Some(HealthEvent::Check(transition))) = events.next().now_or_never() else {
        panic!("expected a transition");
    };
    assert_eq!(transition.to_reason, Some(Reason::Stale));
}

#[test]
fn the_runtime_does_not_stall_in_a_test() {
    let health = Health::builder(app()).stalled_after(ms(1_000)).manual();
    refresh(&health);
    health.advance(ms(10_000));
    health.assert_status(Probe::Liveness, Status::Healthy);
}

#[test]
fn an_hour_passes_in_no_time() {
    let health = TestHealth::new(app());
    let began = Instant::now();
    health.advance(Duration::from_hours(1));
    assert!(began.elapsed() < Duration::from_secs(10));
}

// --- the life of the service ---

#[test]
fn the_start_waits_for_startup_tasks_and_mark_started() {
    let health = Health::builder(app()).manual_start().manual();
    let warm_up = health.startup_task("warm caches");
    refresh(&health);
    health.assert_status(Probe::Startup, Status::Unhealthy);
    let text = text_of(|| health.assert_status(Probe::Startup, Status::Healthy));
    assert!(text.contains("the service is starting: a startup task, "), "{text}");
    warm_up.done();
    assert_eq!(health.get("/readyz").status(), 503);
    health.mark_started();
    assert_eq!(health.get("/readyz").status(), 200);
    let hold = health.hold("maintenance");
    assert_eq!(health.report(Probe::Readiness).reason, Some(Reason::Held));
    drop(hold);
    health.assert_status(Probe::Readiness, Status::Healthy);
}

#[test]
fn the_first_use_of_the_test_kit_starts_the_service() {
    let looks: [fn(&TestHealth); 7] = [
        refresh,
        |health| health.advance(TICK),
        |health| health.force("db", ()),
        |health| drop(health.get("/livez")),
        |health| drop(health.report(Probe::Liveness)),
        |health| drop(health.check("db")),
        |health| health.assert_status(Probe::Liveness, Status::Healthy),
    ];
    for (number, look) in looks.into_iter().enumerate() {
        let (health, _) = one();
        assert_eq!(health.health().phase(), Phase::Starting);
        look(&health);
        assert_eq!(health.health().phase(), Phase::Running, "{number}");
    }
}

// --- probes and assertions ---

#[test]
fn a_probe_answers_by_its_path() {
    #[derive(HealthState)]
    #[health(prefix = "/health", public = "details")]
    struct Prefixed {
        #[health_check(nested)]
        billing: Billing,
        #[health_check(critical)]
        db: Flag,
    }
    #[derive(HealthState)]
    struct Billing {
        #[health_check(critical)]
        ledger: Flag,
    }
    let health = TestHealth::new(Prefixed {
        billing: Billing {
            ledger: Flag::healthy(),
        },
        db: Flag::healthy(),
    });
    refresh(&health);
    health.force("billing.ledger", Err::<(), _>("it does not balance"));
    assert_eq!(health.get("/health/ready").status(), 503);
    assert_eq!(health.get("/health/ready?exclude=billing").status(), 200);
    assert_eq!(health.get("/health/ready/nobody").status(), 404);
    let body = String::from_utf8(health.get("/health/ready/billing").body().to_vec()).unwrap();
    assert!(body.contains("it does not balance"), "{body}");
    let text = text_of(|| drop(health.get("/readyz?a")));
    assert_eq!(
        text,
        "no probe is at \"/readyz\"; they are at /health/live, /health/ready, /health/startup, /health"
    );
}

#[test]
fn a_failed_assertion_lists_every_check() {
    let health = TestHealth::new(app());
    health.force("payments", Err::<(), _>("connection refused"));
    let pending = text_of(|| health.assert_status(Probe::Readiness, Status::Healthy));
    assert_eq!(
        pending,
        "readiness is unhealthy, expected healthy; the service is running
  [-] db (critical): unhealthy, pending: it has not run yet, and does so in `refresh().await`
  [-] payments: unhealthy, error: connection refused"
    );
    refresh(&health);
    let check = text_of(|| health.assert_check("payments", Status::Healthy));
    assert_eq!(
        check,
        "`payments` is unhealthy (error), expected healthy; the service is running
  [-] payments: unhealthy, error: connection refused
  [+] db (critical): healthy"
    );
    health.drain();
    let draining = text_of(|| health.assert_status(Probe::Readiness, Status::Degraded));
    assert!(
        draining.starts_with("readiness is unhealthy (draining), expected degraded; the service is draining\n"),
        "{draining}"
    );
}

#[test]
fn an_unknown_check_panics_with_the_known_names() {
    let health = TestHealth::new(app());
    let acts: [fn(&TestHealth); 4] = [
        |health| health.force("cache", ()),
        |health| health.unforce("cache"),
        |health| drop(health.check("cache")),
        |health| health.assert_check("cache", Status::Healthy),
    ];
    for act in acts {
        let text = text_of(|| act(&health));
        assert_eq!(text, "there is no check `cache`; there are: db, payments");
    }
}

#[test]
fn a_failed_assertion_points_at_its_caller() {
    let health = TestHealth::new(app());
    let acts: [fn(&TestHealth); 6] = [
        |health| health.assert_status(Probe::Readiness, Status::Healthy),
        |health| health.assert_check("db", Status::Healthy),
        |health| health.force("cache", ()),
        |health| health.unforce("cache"),
        |health| drop(health.check("cache")),
        |health| drop(health.get("/orders")),
    ];
    let places = Arc::new(Mutex::new(Vec::new()));
    let (here, seen) = (std::thread::current().id(), Arc::clone(&places));
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == here {
            seen.lock().unwrap().push(panic.location().unwrap().file().to_owned());
        } else {
            before(panic);
        }
    }));
    for act in acts {
        text_of(|| act(&health));
    }
    let places = places.lock().unwrap().clone();
    assert_eq!(places, [file!(); 6]);
}
