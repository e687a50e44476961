//! The lines of the log, and their levels. The test kit runs everything on the test's own thread.

use std::time::Duration;

use health_runtime::testing::TestHealth;
use health_runtime::{Flag, HealthState, Outcome, Probe};
use health_tests::Log;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(HealthState)]
struct Orders {
    #[health_check(critical, breaker(failures = 2))]
    db: Flag,
    #[health_check]
    cache: Flag,
    #[health_check(liveness)]
    worker: Flag,
    #[health_check(critical, fail_open)]
    shared: Flag,
}

/// A healthy service, and its log with the lines of the start.
async fn started() -> (TestHealth, Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let healthy = Flag::healthy;
    let health = TestHealth::new(Orders {
        db: healthy(),
        cache: healthy(),
        worker: healthy(),
        shared: healthy(),
    });
    health.refresh().await;
    health.report(Probe::Readiness);
    (health, log, guard)
}

/// The line with this text, which must be the only one. Clears the log.
fn line(log: &Log, text: &str) -> String {
    let mut lines = log.lines(text);
    assert_eq!(lines.len(), 1, "{text}: {lines:?}");
    log.clear();
    lines.remove(0)
}

#[tokio::test]
async fn a_first_success_is_logged_at_debug_and_probes_log_nothing() {
    let (health, log, _guard) = started().await;
    for check in ["db", "cache", "worker", "shared"] {
        let line = &log.lines(&format!("check=\"{check}\""))[0];
        assert!(line.starts_with("DEBUG"), "{line}");
    }
    assert!(log.lines("readiness is healthy")[0].starts_with("INFO"));
    log.clear();
    for _ in 0..100 {
        health.get("/readyz");
        health.get("/health?exclude=db");
    }
    assert!(log.lines("").is_empty(), "{:?}", log.lines(""));
}

#[tokio::test]
async fn the_log_level_depends_on_the_effect_of_a_failure() {
    let (health, log, _guard) = started().await;
    log.clear();
    for (check, level) in [
        ("db", "ERROR"),
        ("cache", "WARN"),
        ("worker", "ERROR"),
        ("shared", "WARN"),
    ] {
        health.force(check, Err::<(), _>("connect postgres://user:secret@host"));
        let line = line(&log, "check is");
        assert!(line.starts_with(level), "{line}");
        assert!(line.contains("postgres://***@host"), "{line}");
        health.force(check, ());
        assert!(self::line(&log, "check is healthy").starts_with("INFO"));
    }
    health.force("cache", Outcome::degraded("slow"));
    assert!(line(&log, "check is degraded").starts_with("WARN"));
}

#[tokio::test]
async fn a_failure_of_readiness_is_logged_with_the_checks_that_cause_it() {
    let (health, log, _guard) = started().await;
    health.force("cache", false);
    health.force("db", false);
    log.clear();
    health.report(Probe::Readiness);
    let line = line(&log, "readiness is unhealthy");
    assert!(line.starts_with("ERROR") && line.contains("failing=\"db\""), "{line}");
    health.drain();
    log.clear();
    health.report(Probe::Readiness);
    assert!(
        log.lines("readiness is unhealthy")[0].starts_with("INFO"),
        "a drain must not alert anybody"
    );
}

#[tokio::test]
async fn a_failure_is_logged_again_every_five_minutes_with_its_error_and_duration() {
    let (health, log, _guard) = started().await;
    health.force("db", Err::<(), _>("refused"));
    health.force("cache", Err::<(), _>("gone"));
    health.force("worker", ());
    health.force("shared", ());
    log.clear();
    health.advance(Duration::from_secs(299));
    assert!(log.lines("still").is_empty(), "{:?}", log.lines(""));
    health.advance(Duration::from_secs(2));
    let [db, cache] = ["db", "cache"].map(|check| log.lines(&format!("check=\"{check}\"")));
    assert_eq!((db.len(), cache.len()), (1, 1), "{db:?} {cache:?}");
    assert!(
        db[0].starts_with("ERROR") && cache[0].starts_with("WARN"),
        "{db:?} {cache:?}"
    );
    for part in ["check is still unhealthy", "error=\"refused\"", "seconds=300"] {
        assert!(db[0].contains(part), "{db:?}");
    }
    log.clear();
    health.advance(Duration::from_secs(298));
    assert!(log.lines("still").is_empty());
}

#[tokio::test]
async fn the_error_that_opened_a_breaker_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let db = Flag::healthy();
    let healthy = Flag::healthy;
    let health = TestHealth::new(Orders {
        db: db.clone(),
        cache: healthy(),
        worker: healthy(),
        shared: healthy(),
    });
    db.set_unhealthy("refused");
    health.refresh().await;
    log.clear();
    health.refresh().await;
    let line = line(&log, "breaker_open");
    assert!(line.contains("error=\"refused\""), "{line}");
}
