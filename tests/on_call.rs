//! What the person on call learns of one outage: its cause, one sentence, and what was before. The test kit runs
//! everything on the test's own thread.

use std::borrow::Cow;

use axum::Router;
use futures_util::FutureExt as _;
use health_runtime::testing::TestHealth;
use health_runtime::{Events, Flag, HealthEvent, HealthState, Probe};
use health_tests::{Log, get};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(HealthState)]
#[health(name = "shop")]
struct Shop {
    #[health_check(critical, depends_on(orders))]
    reports: Flag,
    #[health_check]
    cache: Flag,
    #[health_check(critical, depends_on(db))]
    orders: Flag,
    #[health_check(critical, name = "orders-db", runbook = "https://wiki.example/orders-db")]
    db: Flag,
}

/// A healthy service, and its log. Each test has a log, because `tracing` may leave out events of one thread while
/// another thread without a subscriber comes first.
fn shop() -> (TestHealth, Log, DefaultGuard) {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let healthy = Flag::healthy;
    let health = TestHealth::new(Shop {
        reports: healthy(),
        cache: healthy(),
        orders: healthy(),
        db: healthy(),
    });
    (health, log, guard)
}

/// One outage: first the database, then what depends on it.
fn fail(health: &TestHealth) {
    for (check, message) in [
        ("orders-db", "connection refused"),
        ("orders", "no answer in 2 s"),
        ("reports", "nothing to report"),
    ] {
        health.force(check, Err::<(), _>(message));
    }
}

fn checks(body: &Value) -> Vec<(&str, Option<&str>)> {
    let checks = body["checks"].as_array().unwrap().iter();
    checks
        .map(|check| (check["name"].as_str().unwrap(), check["cause"].as_str()))
        .collect()
}

fn transition(events: &mut Events) -> (String, Option<String>) {
    match events.next().now_or_never() {
        Some(Some(HealthEvent::Check(transition))) => {
            (transition.check.into_owned(), transition.cause.map(Cow::into_owned))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_report_has_what_follows_below_its_cause_and_the_probes_do_not_change() {
    let (health, _log, _guard) = shop();
    health.refresh().await;
    fail(&health);
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    let cause = Some("orders-db");
    for app in [&public, &internal] {
        let answer = get(app, "/readyz").await;
        assert_eq!(answer.status, 503);
        let expected = [
            ("orders-db", None),
            ("reports", cause),
            ("orders", cause),
            ("cache", None),
        ];
        assert_eq!(checks(&answer.json()), expected);
        assert_eq!(
            get(app, "/readyz/reports").await.status,
            503,
            "its own state counts, not its cause"
        );
    }
    health.force("orders-db", Ok::<_, &str>(()));
    let answer = get(&public, "/readyz").await;
    assert_eq!(answer.status, 503, "what follows still fails");
    let expected = [
        ("orders", None),
        ("reports", Some("orders")),
        ("orders-db", None),
        ("cache", None),
    ];
    let mut found = checks(&answer.json())
        .into_iter()
        .map(|(name, cause)| (name.to_owned(), cause.map(str::to_owned)))
        .collect::<Vec<_>>();
    found[2..].sort_by(|a, b| b.cmp(a));
    assert_eq!(
        found,
        expected.map(|(name, cause)| (name.to_owned(), cause.map(str::to_owned)))
    );
}

#[tokio::test]
async fn one_outage_is_one_error_in_the_log_and_one_sentence() {
    let (health, log, _guard) = shop();
    health.refresh().await;
    let mut events = health.subscribe();
    log.clear();
    fail(&health);
    let said = health.report(Probe::Readiness).headline();
    let lines = log.lines("check is unhealthy");
    let levels: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(levels, ["ERROR", "WARN", "WARN"], "{lines:?}");
    assert!(
        lines[1..].iter().all(|line| line.contains("cause=\"orders-db\"")),
        "{lines:?}"
    );
    for expected in [
        ("orders-db", None),
        ("orders", Some("orders-db")),
        ("reports", Some("orders-db")),
    ] {
        let (check, cause) = transition(&mut events);
        assert_eq!((&*check, cause.as_deref()), expected);
    }
    let start = "not ready: orders-db fails (connection refused); 2 more fail because of it";
    assert!(
        said.starts_with(start) && said.ends_with("runbook https://wiki.example/orders-db"),
        "{said}"
    );
    // The event is written when the first one fails. Nothing follows yet.
    let readiness = log.lines("readiness is unhealthy");
    assert_eq!(readiness.len(), 1, "{readiness:?}");
    assert!(
        readiness[0].contains("headline=\"not ready: orders-db fails (connection refused)"),
        "{readiness:?}"
    );
}

#[tokio::test]
async fn the_internal_json_has_the_history_if_it_is_asked_for_and_the_public_one_never() {
    let (health, _log, _guard) = shop();
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    health.refresh().await;
    health.force("orders-db", Err::<(), _>("connection refused"));
    health.refresh().await;
    for (app, path) in [
        (&public, "/readyz?history"),
        (&internal, "/readyz"),
        (&public, "/readyz/cache?history"),
    ] {
        assert!(!get(app, path).await.body.contains("\"history\""), "{path}");
    }
    let body = get(&internal, "/readyz?history").await.json();
    let of = |name: &str| {
        let checks = body["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["history"].clone()
    };
    assert_eq!(of("cache")["results"].as_array().unwrap().len(), 2);
    assert!(
        of("cache")["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["status"] == "healthy")
    );
    let changes = of("orders-db")["transitions"].clone();
    let last = changes.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["from"], &last["status"], &last["reason"]),
        (&"healthy".into(), &"unhealthy".into(), &"error".into())
    );
    assert_eq!(of("orders-db")["flaps"], 1);
    let one = get(&internal, "/readyz/cache?history").await;
    assert!(one.body.contains("\"history\""), "{}", one.body);
}
