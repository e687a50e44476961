//! What a probe waits for, and what it does not wait for.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use health_runtime::{CheckSpec, Checks, Health, HealthState, run};
use health_tests::{get, raw, settled, until};
use tokio::time::{sleep, timeout};

const HOUR: Duration = Duration::from_hours(1);
const LONG: Duration = Duration::from_secs(10);

/// The database hangs. All checks run on demand.
#[derive(Default)]
struct Hung {
    db_runs: AtomicUsize,
    other_runs: AtomicUsize,
}

impl HealthState for Hung {
    fn register(checks: &mut Checks<Self>) {
        let spec = |name| CheckSpec::new(name).critical().ttl(Duration::ZERO).timeout(HOUR);
        checks.with(spec("db"), |state| {
            state.db_runs.fetch_add(1, Ordering::SeqCst);
            run(pending::<()>())
        });
        for name in ["cache", "queue"] {
            checks.with(spec(name).groups(["quick"]), |state| {
                state.other_runs.fetch_add(1, Ordering::SeqCst);
                run(sleep(Duration::from_millis(20)))
            });
        }
    }
}

/// A probe that waits for the database would wait for an hour.
fn hung() -> (Arc<Hung>, Health) {
    let state = Arc::new(Hung::default());
    let health = Health::builder(Arc::clone(&state)).probe_budget(HOUR).start();
    (state, health)
}

const PARTS: [(&str, usize); 5] = [
    ("/readyz?exclude=db", 2),
    ("/readyz/cache", 1),
    ("/readyz?group=quick", 2),
    ("/readyz?group=quick&exclude=cache", 1),
    ("/health?exclude=db", 2),
];

#[tokio::test]
async fn a_probe_for_some_checks_neither_starts_nor_awaits_the_others() {
    for (uri, runs) in PARTS {
        let (state, health) = hung();
        let app: Router = health.router();
        let answer = timeout(LONG, get(&app, uri)).await.expect("it waits for the database");
        assert_eq!(answer.status, 200, "{uri}: it waits for its own checks");
        assert_eq!(state.db_runs.load(Ordering::SeqCst), 0, "{uri}");
        assert_eq!(state.other_runs.load(Ordering::SeqCst), runs, "{uri}");
        // It also does not wait while another probe waits for the database.
        let whole = tokio::spawn({
            let app = app.clone();
            async move { get(&app, "/readyz").await }
        });
        until("the database is asked", async || {
            (state.db_runs.load(Ordering::SeqCst) > 0).then_some(())
        })
        .await;
        let answer = timeout(LONG, get(&app, uri)).await.expect("it waits for the database");
        assert_eq!(answer.status, 200, "{uri}");
        assert!(!whole.is_finished());
        whole.abort();
    }
}

#[tokio::test]
async fn the_internal_port_waits_for_the_same_checks_as_the_router() {
    async fn ask(address: SocketAddr, uri: &str) -> String {
        let request = format!("GET {uri} HTTP/1.0\r\n\r\n");
        let answer = timeout(LONG, raw(address, &request)).await;
        answer.unwrap_or_else(|_| panic!("{uri} waits for the database"))
    }
    let (state, health) = hung();
    let address = health.serve_internal("127.0.0.1:0").unwrap();
    for (uri, _) in PARTS {
        let answer = ask(address, uri).await;
        assert!(answer.starts_with("HTTP/1.0 200 "), "{uri}: {answer}");
    }
    assert_eq!(state.db_runs.load(Ordering::SeqCst), 0);
}

/// Has a single check, which is slow and not critical.
struct Lazy;

impl HealthState for Lazy {
    fn register(checks: &mut Checks<Self>) {
        let spec = CheckSpec::new("lazy").ttl(Duration::ZERO);
        let spec = spec
            .timeout(Duration::from_secs(1))
            .max_age(Duration::from_millis(1_250));
        checks.with(spec, |_| run(sleep(Duration::from_millis(100))));
    }
}

#[tokio::test]
async fn a_rare_probe_waits_for_every_check_that_would_be_pending_or_stale() {
    let health = Health::builder(Lazy).probe_budget(HOUR).start();
    let app: Router = health.router();
    for (when, pause) in [("pending", 0), ("stale", 1_500), ("stale again", 1_500)] {
        sleep(Duration::from_millis(pause)).await;
        let answer = get(&app, "/readyz").await;
        assert_eq!(answer.json()["status"], "healthy", "it would be {when}");
    }
}

#[tokio::test]
async fn a_probe_does_not_wait_for_a_check_that_has_a_valid_result_and_is_not_critical() {
    /// Has one check, which passes once and then hangs.
    struct Once(AtomicUsize);
    impl HealthState for Once {
        fn register(checks: &mut Checks<Self>) {
            let spec = CheckSpec::new("once")
                .ttl(Duration::ZERO)
                .timeout(HOUR)
                .max_age(2 * HOUR);
            checks.with(spec, |state| {
                let is_first = state.0.fetch_add(1, Ordering::SeqCst) == 0;
                run(async move {
                    if !is_first {
                        pending::<()>().await;
                    }
                })
            });
        }
    }
    let health = Health::builder(Once(AtomicUsize::new(0))).probe_budget(HOUR).start();
    let app: Router = health.router();
    settled(&app, "/readyz", 200, "healthy").await;
    for _ in 0..1_000 {
        let answer = timeout(LONG, get(&app, "/readyz")).await.expect("it waits");
        assert_eq!(answer.json()["status"], "healthy");
    }
}
