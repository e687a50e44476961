//! Paths and bodies that a service declares, for the manifests and dashboards that it already has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use health_runtime::{Flag, Health, HealthState, Probe, Report, StartError};
use health_tests::{Answer, ask, get, raw, settled, until};
use serde_json::json;

#[derive(Clone, HealthState)]
#[health(
    name = "orders",
    version = "1.2.3",
    liveness_paths("/live", "/livez"),
    readiness_paths("/ready"),
    health_paths("/health/all"),
    alias("/health"),
    plain("/ping")
)]
struct App {
    #[health_check(critical)]
    db: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

impl App {
    fn healthy() -> Self {
        Self {
            db: Flag::healthy(),
            worker: Flag::healthy(),
        }
    }
}

/// A body as an older service had it.
fn old_body(report: &Report) -> String {
    let checks: serde_json::Map<_, _> = report
        .checks
        .iter()
        .map(|check| {
            let state = if check.status.passes() { "up" } else { "down" };
            (check.name.to_string(), json!({"state": state, "error": check.message}))
        })
        .collect();
    json!({"ok": report.status.passes(), "checks": checks}).to_string()
}

fn head(answer: &Answer) -> (u16, &str, &str) {
    (
        answer.status.as_u16(),
        answer.header("content-type"),
        answer.header("content-length"),
    )
}

#[tokio::test]
async fn each_probe_is_at_the_paths_that_the_struct_declares() {
    let state = App::healthy();
    let health = state.start_health();
    let app: Router = Router::new()
        .fallback(|| async { "the application" })
        .merge(health.router());
    settled(&app, "/health/all", 200, "healthy").await;
    state.db.set_unhealthy("gone");
    settled(&app, "/ready", 503, "unhealthy").await;
    for uri in [
        "/live",
        "/livez",
        "/health",
        "/startupz",
        "/health/worker",
        "/live/worker",
    ] {
        assert_eq!(get(&app, uri).await.status, 200, "{uri}");
    }
    for uri in ["/health/all", "/ready/db", "/health/all/db"] {
        assert_eq!(get(&app, uri).await.status, 503, "{uri}");
    }
    for uri in ["/health/", "/health/db", "/ping/db", "/ready/", "/health/all/"] {
        assert_eq!(get(&app, uri).await.status, 404, "{uri}");
    }
    assert_eq!(get(&app, "/readyz").await.body, "the application");
    assert_eq!(get(&app, "/health").await.body, get(&app, "/livez").await.body);
}

#[tokio::test]
async fn a_plain_path_says_ok_and_nothing_else() {
    let state = App::healthy();
    let health = state.start_health();
    let app: Router = health.router();
    let text = "text/plain; charset=utf-8";
    let answer = get(&app, "/ping").await;
    assert_eq!((head(&answer), &*answer.body), ((200, text, "2"), "OK"));
    let answer = ask(&app, "HEAD", "/ping").await;
    assert_eq!((head(&answer), &*answer.body), ((200, text, "2"), ""));
    assert_eq!(get(&app, "/ping?exclude=nothing").await.body, "OK");
    state.db.set_unhealthy("gone");
    settled(&app, "/ready", 503, "unhealthy").await;
    assert_eq!(get(&app, "/ping").await.body, "OK");
    state.worker.set_unhealthy("out of luck");
    settled(&app, "/live", 503, "unhealthy").await;
    let answer = get(&app, "/ping").await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (503, "unhealthy"));
    assert_eq!(get(&app, "/ping/worker").await.body, "unhealthy");
}

#[tokio::test]
async fn a_body_of_its_own_is_rendered_once_for_each_state_and_has_the_code_of_the_probe() {
    let state = App::healthy();
    let rendered = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rendered);
    let health = Health::builder(state.clone())
        .body(
            "/api/health",
            Probe::Readiness,
            "application/vnd.orders+json",
            move |report| {
                counted.fetch_add(1, Ordering::SeqCst);
                old_body(report)
            },
        )
        .start();
    let app: Router = health.router();
    settled(&app, "/ready", 200, "healthy").await;
    let answer = until("the old body says ok", async || {
        let answer = get(&app, "/api/health").await;
        (answer.json()["ok"] == true).then_some(answer)
    })
    .await;
    assert_eq!(
        answer.json(),
        json!({"ok": true, "checks": {"db": {"state": "up", "error": null}}})
    );
    assert_eq!(answer.header("content-type"), "application/vnd.orders+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());

    state.db.set_unhealthy("cannot reach postgres://user:secret@db");
    settled(&app, "/ready", 503, "unhealthy").await;
    let before = rendered.load(Ordering::SeqCst);
    for _ in 0..50 {
        let answer = get(&app, "/api/health").await;
        assert_eq!(answer.status, 503);
        assert_eq!(
            answer.json()["checks"]["db"],
            json!({"state": "down", "error": null}),
            "the public sees no message"
        );
    }
    let count = rendered.load(Ordering::SeqCst) - before;
    assert!(count < 10, "rendered {count} times for 50 requests");

    let internal = health.serve_internal("127.0.0.1:0").unwrap();
    let answer = raw(internal, "GET /api/health HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains("cannot reach postgres://***@db"), "{answer}");
    health.drain();
    let answer = get(&app, "/api/health").await;
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(get(&app, "/api/health?exclude=db").await.status, 404);
    assert_eq!(get(&app, "/api/health/db").await.status, 503);
}

#[tokio::test]
async fn a_body_that_panics_is_empty_and_changes_no_code() {
    let state = App::healthy();
    let health = Health::builder(state.clone())
        .body("/api/health", Probe::Readiness, "text/plain", |_| -> String {
            panic!("the dashboard is gone")
        })
        .start();
    let app: Router = health.router();
    settled(&app, "/ready", 200, "healthy").await;
    let answer = get(&app, "/api/health").await;
    assert_eq!((head(&answer), &*answer.body), ((200, "text/plain", "0"), ""));
    state.db.set_unhealthy("gone");
    settled(&app, "/ready", 503, "unhealthy").await;
    assert_eq!(get(&app, "/api/health").await.status, 503);
}

#[tokio::test]
async fn the_root_can_be_the_prefix() {
    let health = Health::builder(()).prefix("").start();
    let app: Router = health.router();
    for uri in ["/live", "/ready", "/startup", "/health"] {
        settled(&app, uri, 200, "healthy").await;
    }
    assert!(health.probes().answer("GET", "/", None).await.is_none());
    assert!(health.probes().answer("GET", "", None).await.is_none());
}

#[tokio::test]
async fn a_path_that_does_not_fit_fails_the_start() {
    let problem = |health: Result<Health, StartError>| match health {
        Err(StartError::Service(problem)) => problem,
        other => panic!("{other:?}"),
    };
    let builder = || Health::builder(());
    let render = |_: &Report| "";
    for (said, started) in [
        ("both at \"/health\"", builder().alias("/health").try_start()),
        (
            "both at \"/livez\"",
            builder().paths(Probe::Readiness, ["/livez"]).try_start(),
        ),
        (
            "is at \"/ping\" twice",
            builder().alias("/ping").plain("/ping").try_start(),
        ),
        ("\"ping\" is not a valid path", builder().plain("ping").try_start()),
        (
            "\"\" is not a valid content type",
            builder().body("/a", Probe::Health, "", render).try_start(),
        ),
        (
            "is not a valid content type",
            builder().body("/a", Probe::Health, "a\r\nb: c", render).try_start(),
        ),
    ] {
        let problem = problem(started);
        assert!(problem.contains(said), "{problem}");
    }
}
