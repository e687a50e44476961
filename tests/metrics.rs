//! The metrics of a service: what is counted, who may read it, and that reading it costs the checks nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use fastrand::Rng;
use health_runtime::testing::TestHealth;
use health_runtime::{CheckResult, CheckSpec, Checks, Flag, Health, HealthState, Outcome, Parts, Probe, Status, run};
use health_tests::{Answer, ask, get, raw, until};

const LOCAL: &str = "127.0.0.1:0";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct App {
    db: Flag,
    cache: Flag,
}

impl HealthState for App {
    fn register(checks: &mut Checks<Self>) {
        checks.add::<Flag>(CheckSpec::new("db").critical(), |state| &state.db);
        checks.add::<Flag>(CheckSpec::new("cache").depends_on(["db"]), |state| &state.cache);
    }
}

impl App {
    fn healthy() -> Self {
        let (db, cache) = (Flag::healthy(), Flag::healthy());
        Self { db, cache }
    }

    fn tested(&self) -> (TestHealth, Router) {
        let health = TestHealth::new(self.clone());
        let internal = health.internal_router();
        (health, internal)
    }
}

/// The value of each series.
fn series(answer: &Answer) -> BTreeMap<String, String> {
    let lines = answer.body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.to_owned())
        })
        .collect()
}

async fn scrape(internal: &Router) -> BTreeMap<String, String> {
    let answer = get(internal, "/metrics").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, TEXT));
    series(&answer)
}

// --- who may read them ---

#[tokio::test]
async fn the_internal_router_has_metrics_and_the_public_one_has_none() {
    let health = App::healthy().start_health();
    assert_eq!(get(&health.internal_router(), "/metrics").await.status, 200);
    assert_eq!(get(&health.router(), "/metrics").await.status, 404);
    assert!(health.probes().answer("GET", "/metrics", None).await.is_none());
}

#[tokio::test]
async fn a_probe_with_this_path_takes_precedence() {
    let health = Health::builder(App::healthy())
        .paths(Probe::Health, ["/metrics"])
        .start();
    for answer in [
        get(&health.internal_router(), "/metrics").await,
        get(&health.internal_router(), "/metrics/db").await,
    ] {
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn with_a_token_only_its_owner_gets_metrics() {
    let token = "a-token-of-at-least-16-characters";
    let health = Health::builder(App::healthy()).internal_token(token).start();
    let address = health.serve_internal(LOCAL).unwrap();
    assert_eq!(get(&health.internal_router(), "/metrics").await.status, 401);
    let asked = async |header: String| raw(address, &format!("GET /metrics HTTP/1.0\r\n{header}\r\n")).await;
    assert!(asked(String::new()).await.starts_with("HTTP/1.0 401 "));
    let granted = asked(format!("authorization: Bearer {token}\r\n")).await;
    assert!(granted.starts_with("HTTP/1.0 200 "), "{granted}");
}

#[tokio::test]
async fn head_has_the_length_of_get_and_post_is_refused() {
    let (_health, internal) = App::healthy().tested();
    let (get, head) = (
        get(&internal, "/metrics").await,
        ask(&internal, "HEAD", "/metrics").await,
    );
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert_eq!((head.body.as_str(), head.header("cache-control")), ("", "no-store"));
    let post = ask(&internal, "POST", "/metrics").await;
    assert_eq!(
        (post.status.as_u16(), post.header("allow")),
        (405, "GET, HEAD, OPTIONS")
    );
}

#[tokio::test]
async fn the_port_of_its_own_has_both_formats() {
    let health = App::healthy().start_health();
    let address = health.serve_internal(LOCAL).unwrap();
    for (accept, content_type) in [
        ("*/*", TEXT),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            OPENMETRICS,
        ),
    ] {
        let request = format!("GET /metrics HTTP/1.0\r\naccept: {accept}\r\n\r\n");
        let answer = raw(address, &request).await;
        assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
        assert!(
            answer.contains(&format!("\r\ncontent-type: {content_type}\r\n")),
            "{answer}"
        );
        assert_eq!(answer.ends_with("\n# EOF\n"), content_type == OPENMETRICS);
    }
}

// --- what they show ---

#[tokio::test]
async fn a_failure_shows_its_cause_and_the_root_has_none() {
    let state = App::healthy();
    let (health, internal) = state.tested();
    state.db.set_unhealthy("gone");
    state.cache.set_unhealthy("gone");
    health.refresh().await;
    let found = scrape(&internal).await;
    let roots: Vec<_> = found
        .iter()
        .filter(|(series, value)| *value == "1" && series.contains(r#"cause="",health_check_status="unhealthy"}"#))
        .collect();
    assert_eq!(roots.len(), 1, "{roots:?}");
    let cache = r#"health_check_status{check="cache",critical="false",cause="db",health_check_status="unhealthy"}"#;
    assert_eq!(found[cache], "1");
    assert_eq!(
        found[r#"health_status{probe="readiness",health_status="unhealthy"}"#],
        "1"
    );
    assert_eq!(found[r#"health_check_reason{check="db",reason="reported"}"#], "1");
}

#[tokio::test]
async fn the_answer_is_200_also_while_every_probe_fails() {
    let state = App::healthy();
    let (health, internal) = state.tested();
    state.db.set_unhealthy("gone");
    health.refresh().await;
    health.drain();
    let found = scrape(&internal).await;
    assert_eq!(found[r#"health_phase{health_phase="draining"}"#], "1");
    assert_eq!(found[r#"health_reason{probe="readiness",reason="draining"}"#], "1");
    assert_eq!(get(&internal, "/metrics").await.header("connection"), "close");
}

#[tokio::test]
async fn requests_are_counted_by_probe_and_code() {
    let state = App::healthy();
    let (health, internal) = state.tested();
    let public = health.router();
    health.refresh().await;
    get(&public, "/readyz").await; // from the view
    get(&internal, "/readyz?verbose").await; // rendered for this request
    get(&public, "/livez").await;
    ask(&public, "HEAD", "/startupz").await;
    get(&public, "/readyz/typo").await;
    ask(&public, "POST", "/health").await;
    get(&public, "/orders").await; // not ours
    state.db.set_unhealthy("gone");
    health.refresh().await;
    get(&public, "/readyz").await;
    let found = scrape(&internal).await;
    let count =
        |probe: &str, code: u16| &*found[&format!(r#"health_probe_requests_total{{probe="{probe}",code="{code}"}}"#)];
    assert_eq!(
        [200, 503, 404, 405].map(|code| count("readiness", code)),
        ["2", "1", "1", "0"]
    );
    assert_eq!(
        [200, 503, 404, 405].map(|code| count("liveness", code)),
        ["1", "0", "0", "0"]
    );
    assert_eq!(
        [200, 503, 404, 405].map(|code| count("startup", code)),
        ["1", "0", "0", "0"]
    );
    assert_eq!(
        [200, 503, 404, 405].map(|code| count("health", code)),
        ["0", "0", "0", "1"]
    );
}

#[tokio::test]
async fn requests_to_ports_of_their_own_are_counted_too() {
    let health = App::healthy().start_health();
    let (public, internal) = (health.serve(LOCAL).unwrap(), health.serve_internal(LOCAL).unwrap());
    for (address, path) in [
        (public, "/livez"),
        (internal, "/livez?verbose"),
        (internal, "/livez/typo"),
    ] {
        raw(address, &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
    }
    raw(public, "GET /orders HTTP/1.0\r\n\r\n").await;
    let found = scrape(&health.internal_router()).await;
    assert_eq!(
        found[r#"health_probe_requests_total{probe="liveness",code="200"}"#],
        "2"
    );
    assert_eq!(
        found[r#"health_probe_requests_total{probe="liveness",code="404"}"#],
        "1"
    );
    let all: u32 = found
        .iter()
        .filter(|(series, _)| series.starts_with("health_probe_requests_total"))
        .map(|(_, count)| count.parse::<u32>().expect("a number"))
        .sum();
    assert_eq!(all, 3);
}

/// A check that returns this.
struct Returns(fn() -> CheckResult);

impl HealthState for Returns {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new("db"), |state| run((state.0)()));
    }
}

#[tokio::test]
async fn each_run_is_counted_by_how_it_ended() {
    let panics = || panic!("broken");
    for (returns, outcome) in [
        ((|| Ok(Outcome::healthy())) as fn() -> CheckResult, "healthy"),
        (|| Ok(Status::Degraded.into()), "degraded"),
        (|| Err("refused".into()), "unhealthy"),
        (panics, "panic"),
    ] {
        let health = TestHealth::new(Returns(returns));
        let internal = health.internal_router();
        health.refresh().await;
        health.refresh().await;
        let found = scrape(&internal).await;
        for other in ["healthy", "degraded", "unhealthy", "timeout", "panic", "cancelled"] {
            let count = &found[&format!(r#"health_check_runs_total{{check="db",outcome="{other}"}}"#)];
            assert_eq!(count, if other == outcome { "2" } else { "0" }, "{other} of {outcome}");
        }
        assert_eq!(found[r#"health_check_duration_seconds_count{check="db"}"#], "2");
        assert_eq!(found[r#"health_check_transitions_total{check="db"}"#], "1");
    }
}

#[tokio::test]
async fn numeric_details_are_series_and_tenants_never_are() {
    let health = TestHealth::new(Returns(|| {
        let tenants: Parts = [("acme", Status::Healthy), ("blue", Status::Unhealthy)]
            .into_iter()
            .collect();
        Ok(tenants
            .into_outcome()
            .detail("idle", 3)
            .detail("version", "16.4")
            .detail("primary", true))
    }));
    let internal = health.internal_router();
    health.refresh().await;
    let found = scrape(&internal).await;
    assert!(
        found
            .keys()
            .all(|series| !series.contains("acme") && !series.contains("blue"))
    );
    let details: Vec<_> = found.iter().filter(|(series, _)| series.contains("_detail")).collect();
    assert_eq!(
        details,
        [(
            &r#"health_check_detail{check="db",key="idle"}"#.to_owned(),
            &"3".to_owned()
        )]
    );
}

// --- what they cost ---

/// Counts the runs of its check.
struct Counted(Arc<AtomicUsize>);

impl HealthState for Counted {
    fn register(checks: &mut Checks<Self>) {
        let hour = Duration::from_hours(1);
        for spec in [
            CheckSpec::new("every-hour").interval(hour),
            CheckSpec::new("each-time").ttl(Duration::ZERO),
        ] {
            checks.with(spec.critical(), |state| {
                state.0.fetch_add(1, Ordering::Relaxed);
                run(true)
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_scrapes_run_no_check() {
    let runs = Arc::new(AtomicUsize::new(0));
    let health = Health::builder(Counted(Arc::clone(&runs))).start();
    let internal = health.internal_router();
    until("readiness passes", async || {
        (get(&internal, "/readyz").await.status == 200).then_some(())
    })
    .await;
    let before = runs.load(Ordering::Relaxed);
    for _ in 0..10_000 {
        assert_eq!(get(&internal, "/metrics").await.status, 200);
    }
    assert_eq!(runs.load(Ordering::Relaxed), before);
    get(&internal, "/readyz").await;
    assert!(
        runs.load(Ordering::Relaxed) > before,
        "a probe does run the check with a `ttl`"
    );
}

// --- counters ---

#[tokio::test]
async fn counters_never_decrease() {
    let mut random = Rng::with_seed(14);
    for _ in 0..20 {
        let (health, internal) = App::healthy().tested();
        let mut before = scrape(&internal).await;
        for _ in 0..60 {
            match random.u8(0..8) {
                0 => health.force("db", Status::Unhealthy),
                1 => health.unforce("db"),
                2 => health.advance(Duration::from_secs(random.u64(0..40))),
                3 => drop(health.hold("maintenance")),
                4 if random.u8(0..10) == 0 => health.drain(),
                5 => drop(health.get("/readyz")),
                6 => drop(health.report(Probe::Health)),
                _ => health.refresh().await,
            }
            let now = scrape(&internal).await;
            let counters = |series: &&String| {
                ["_total", "_bucket", "_count", "_sum"]
                    .iter()
                    .any(|suffix| series.contains(suffix))
            };
            for counter in before.keys().filter(counters) {
                let [before, now] = [&before, &now].map(|found| found[counter].parse::<f64>().expect("a number"));
                assert!(before <= now, "{counter}: {before} > {now}");
            }
            before = now;
        }
    }
}
