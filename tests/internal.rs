//! The internal probes: they show details to the people on call, answer while the application is blocked, and end with
//! the engine.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use std::{env, fs};

use axum::Router;
use health_runtime::{
    CheckResult, CheckSpec, Checks, Flag, Health, HealthCheck, HealthState, Outcome, Parts, Phase, Probe, Status, run,
};
use health_tests::{Many, get, prober, raw, serve, settled, until, workers};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

const LOCAL: &str = "127.0.0.1:0";

#[derive(Clone, HealthState)]
#[health(name = "orders", version = "1.2.3", drain = "100ms")]
struct App {
    /// Orders database.
    #[health_check(
        critical,
        liveness,
        readiness,
        groups("core", "sql"),
        restart_helps = "a new process has a new pool",
        runbook = "https://wiki.example/orders-db"
    )]
    db: Flag,
    #[health_check]
    cache: Flag,
}

impl App {
    fn healthy() -> Self {
        let (db, cache) = (Flag::healthy(), Flag::healthy());
        Self { db, cache }
    }
}

async fn ask(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    let answer = timeout(Duration::from_secs(10), raw(address, &request)).await;
    answer.unwrap_or_else(|_| panic!("no answer to {path}"))
}

fn has_code(answer: &str, code: u16) -> bool {
    answer.starts_with(&format!("HTTP/1.0 {code} "))
}

fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {answer:?}"))
}

async fn says(address: SocketAddr, path: &str, code: u16) -> String {
    until(&format!("{path} answers {code}"), async || {
        let answer = ask(address, path).await;
        has_code(&answer, code).then_some(answer)
    })
    .await
}

async fn is_closed(address: SocketAddr) {
    until("the port is closed", async || {
        let refused = TcpStream::connect(address).await.err()?;
        (refused.kind() == ErrorKind::ConnectionRefused).then_some(())
    })
    .await;
}

/// Blocks both workers of a runtime until it is dropped.
struct Blocked(Arc<Barrier>);

impl Blocked {
    fn new(runtime: &Runtime) -> Self {
        let (begun, over) = (Arc::new(Barrier::new(3)), Arc::new(Barrier::new(3)));
        for _ in 0..2 {
            let (begun, over) = (Arc::clone(&begun), Arc::clone(&over));
            runtime.spawn(async move {
                begun.wait();
                over.wait();
            });
        }
        begun.wait();
        Self(over)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        self.0.wait();
    }
}

// --- it answers ---

#[test]
fn it_answers_while_every_worker_of_the_application_is_blocked() {
    let (runtime, prober) = (workers(2), prober());
    let state = App::healthy();
    let health = {
        let _guard = runtime.enter();
        state.start_health()
    };
    let internal = health.serve_internal(LOCAL).unwrap();
    let public = runtime.block_on(serve(health.router()));
    prober.block_on(async {
        for code in [200, 503] {
            says(public, "/livez", code).await;
            says(internal, "/readyz", code).await;
            let blocked = Blocked::new(&runtime);
            for path in ["/readyz", "/livez", "/readyz/db", "/readyz?exclude=cache"] {
                let answer = ask(internal, path).await;
                assert!(has_code(&answer, code), "{path}: {answer}");
            }
            let unanswered = timeout(Duration::from_millis(100), ask(public, "/livez")).await;
            assert!(unanswered.is_err(), "the workers are not blocked: {unanswered:?}");
            drop(blocked);
            says(public, "/livez", code).await;
            state.db.set_unhealthy("gone");
        }
    });
}

/// Has one check, which runs this function on demand.
struct OnDemand<F>(F);

impl<F, R> HealthState for OnDemand<F>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = CheckResult> + Send + 'static,
{
    fn register(checks: &mut Checks<Self>) {
        let spec = CheckSpec::new("db")
            .critical()
            .ttl(Duration::ZERO)
            .timeout(Duration::from_hours(1));
        checks.with(spec, |state| run((state.0)()));
    }
}

#[test]
fn a_run_that_no_worker_starts_delays_the_answer_by_the_budget_at_most() {
    let (runtime, prober) = (workers(2), prober());
    let health = {
        let _guard = runtime.enter();
        let state = OnDemand(|| async { Ok(Outcome::healthy()) });
        Health::builder(state).probe_budget(Duration::from_millis(200)).start()
    };
    let internal = health.serve_internal(LOCAL).unwrap();
    prober.block_on(async {
        says(internal, "/readyz", 200).await;
        let blocked = Blocked::new(&runtime);
        let asked = Instant::now();
        let answer = ask(internal, "/readyz").await;
        let took = asked.elapsed();
        assert!(
            has_code(&answer, 200),
            "the last result is still fresh enough: {answer}"
        );
        assert!(
            took >= Duration::from_millis(200) && took < Duration::from_secs(5),
            "{took:?}"
        );
        drop(blocked);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_a_check_that_runs_on_demand() {
    let state = OnDemand(|| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(Outcome::healthy())
    });
    let health = Health::builder(state).probe_budget(Duration::from_mins(1)).start();
    let internal = health.serve_internal(LOCAL).unwrap();
    let answer = ask(internal, "/readyz").await;
    assert!(has_code(&answer, 200), "the answer must have the new result: {answer}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_and_starts_nothing() {
    let taken = std::net::TcpListener::bind(LOCAL).unwrap();
    let health = App::healthy().start_health();
    let error = health.serve_internal(taken.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(error.to_string().contains(&port), "{error}");
    assert_eq!(health.report(Probe::Startup).phase, Phase::Starting);
    assert!(health.serve_internal("no such address").is_err());
    assert_eq!(health.report(Probe::Startup).phase, Phase::Starting);
    health.serve_internal(LOCAL).unwrap();
    assert_eq!(health.report(Probe::Startup).phase, Phase::Running);
}

#[tokio::test]
async fn while_draining_its_error_answers_close_their_connection_too() {
    let health = App::healthy().start_health();
    let address = health.serve_internal(LOCAL).unwrap();
    health.drain();
    for (request, code) in [
        ("GET /nothing", 404),
        ("GET /readyz/typo", 404),
        ("POST /readyz", 405),
        ("GET /livez", 200),
    ] {
        let request = format!("{request} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let answer = timeout(Duration::from_secs(10), raw(address, &request)).await;
        let answer = answer.expect("the connection is closed");
        assert!(has_code(&answer, code), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn it_answers_through_the_drain_and_after_it() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    let answer = says(internal, "/readyz", 200).await;
    assert!(!answer.contains("\r\nconnection: close\r\n"), "{answer}");
    let stopped = health.shutdown_signal();
    health.drain();
    let look = async || {
        for (path, code) in [("/readyz", 503), ("/livez", 200), ("/readyz/db", 503)] {
            let answer = ask(internal, path).await;
            assert!(has_code(&answer, code), "{path}: {answer}");
            assert!(answer.contains("\r\nconnection: close\r\n"), "{path}: {answer}");
            assert_eq!(json_of(&answer)["phase"], "draining");
        }
    };
    look().await;
    stopped.await;
    look().await;
}

#[tokio::test]
async fn clients_that_never_finish_their_request_block_no_other_client_and_are_disconnected() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    says(internal, "/livez", 200).await;
    let mut clients = Vec::new();
    for _ in 0..300 {
        let mut client = TcpStream::connect(internal).await.unwrap();
        client.write_all(b"GET /livez HTT").await.unwrap();
        clients.push(client);
    }
    says(internal, "/livez", 200).await;
    let mut first = clients.remove(0);
    let closed = timeout(Duration::from_secs(10), first.read(&mut [0])).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
    // The newest client is still connected.
    let mut last = clients.pop().unwrap();
    last.write_all(b"P/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    last.read_to_string(&mut answer).await.unwrap();
    assert!(has_code(&answer, 200), "{answer}");
}

#[tokio::test]
async fn it_serves_the_probes_and_nothing_else() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    for path in ["/livez", "/readyz", "/startupz", "/health", "/readyz/db", "/livez/db"] {
        says(internal, path, 200).await;
    }
    for path in ["/", "/orders", "/livez.html", "/readyzz", "/metrics/", "*"] {
        let answer = ask(internal, path).await;
        assert!(has_code(&answer, 404), "{path}: {answer}");
        assert_eq!(json_of(&answer), json!({"error": "no probe has this path"}), "{path}");
    }
    for path in ["/readyz/", "/readyz/typo", "/startupz/db", "/readyz?group=typo"] {
        let answer = ask(internal, path).await;
        assert!(has_code(&answer, 404), "{path}: {answer}");
    }
    let answer = raw(internal, "POST /readyz HTTP/1.0\r\n\r\n").await;
    assert!(has_code(&answer, 405), "{answer}");
    assert!(answer.contains("\r\nallow: GET, HEAD, OPTIONS\r\n"), "{answer}");
    for path in ["/readyz", "/readyz/db", "/nothing"] {
        let expected = ask(internal, path).await;
        for method in ["HEAD", "OPTIONS"] {
            let answer = raw(internal, &format!("{method} {path} HTTP/1.0\r\n\r\n")).await;
            assert_eq!(answer.split(' ').nth(1), expected.split(' ').nth(1), "{method} {path}");
            assert!(answer.ends_with("\r\n\r\n"), "{method} {path}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_prefix_moves_the_internal_probes_too() {
    let health = Health::builder(App::healthy()).prefix("/ops/health").start();
    let internal = health.serve_internal(LOCAL).unwrap();
    let app = health.internal_router();
    for path in [
        "/ops/health/live",
        "/ops/health/ready",
        "/ops/health/startup",
        "/ops/health",
        "/ops/health/ready/db",
        "/ops/health/db",
    ] {
        says(internal, path, 200).await;
        assert_eq!(get(&app, path).await.status, 200, "{path}");
    }
    for path in ["/readyz", "/health", "/ops", "/ops/healthy"] {
        assert!(has_code(&ask(internal, path).await, 404), "{path}");
        assert_eq!(get(&app, path).await.status, 404, "{path}");
    }
}

// --- what it shows ---

#[tokio::test]
async fn the_internal_answer_has_the_details() {
    let state = App::healthy();
    let health = state.start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    let app = health.internal_router();
    state.db.set_unhealthy("no route to postgres://user:hunter2@host");
    settled(&app, "/readyz", 503, "unhealthy").await;
    let db = json!({
        "name": "db",
        "status": "unhealthy",
        "critical": true,
        "reason": "reported",
        "message": "no route to postgres://***@host",
        "raw_status": "unhealthy",
        "raw_reason": "reported",
        "description": "Orders database.",
        "runbook": "https://wiki.example/orders-db",
        "groups": ["core", "sql"],
        "restart_helps": "a new process has a new pool",
    });
    let cache = json!({
        "name": "cache",
        "status": "healthy",
        "critical": false,
        "raw_status": "healthy",
        "consecutive_failures": 0,
    });
    let expected = |checks: &[&Value]| {
        json!({
            "status": "unhealthy",
            "service": "orders",
            "version": "1.2.3",
            "phase": "running",
            "checks": checks,
        })
    };
    for (path, checks) in [
        ("/readyz", &[&db, &cache][..]),
        ("/health", &[&db, &cache]),
        ("/livez", &[&db]),
        ("/health?exclude=cache", &[&db]),
    ] {
        let routed = get(&app, path).await;
        assert_eq!(routed.header("content-length"), routed.body.len().to_string());
        for mut body in [routed.json(), json_of(&ask(internal, path).await)] {
            let is_measured = |of: &mut Value, what| {
                let figure = of.as_object_mut().unwrap().remove(what);
                assert!(figure.is_some_and(|figure| figure.is_number()), "{path}: {what}");
            };
            let is_dated = |of: &mut Value, what| {
                let date = of.as_object_mut().unwrap().remove(what);
                assert!(date.is_some_and(|date| date.is_string()), "{path}: {what}");
            };
            for check in body["checks"].as_array_mut().unwrap() {
                is_measured(check, "latency_ms");
                is_measured(check, "age_ms");
                check.as_object_mut().unwrap().remove("next_run_ms"); // absent while the check runs
                is_dated(check, "since");
                is_dated(check, "checked_at");
                if check["name"] == "cache" {
                    is_dated(check, "last_success");
                } else {
                    // `db` runs again and again, and may have passed before it was set.
                    check.as_object_mut().unwrap().remove("last_success");
                    is_measured(check, "consecutive_failures");
                }
            }
            is_measured(&mut body, "lag_ms");
            is_measured(&mut body, "uptime_s");
            is_dated(&mut body, "since");
            assert_eq!(body, expected(checks), "{path}");
        }
    }
}

#[tokio::test]
async fn the_public_answer_has_no_details_whichever_router_is_asked_first() {
    let state = App::healthy();
    let health = state.start_health();
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    state.db.set_unhealthy("no route to host");
    settled(&public, "/readyz", 503, "unhealthy").await;
    for path in ["/readyz", "/readyz/db", "/livez", "/health", "/health?exclude=cache"] {
        for _ in 0..3 {
            for order in [[&internal, &public], [&public, &internal]] {
                for app in order {
                    let answer = get(app, path).await;
                    let shows = std::ptr::eq(app, &raw const internal);
                    for text in [
                        "message",
                        "no route",
                        "description",
                        "Orders database",
                        "runbook",
                        "wiki.example",
                        "groups",
                        "sql",
                        "restart_helps",
                        "new pool",
                    ] {
                        assert_eq!(answer.body.contains(text), shows, "{path}: {text}: {}", answer.body);
                    }
                }
            }
        }
    }
}

/// Two shards. One is behind.
struct Shards;

impl HealthCheck for Shards {
    async fn check(&self) -> CheckResult {
        let shards = [("eu", Outcome::healthy()), ("us", Outcome::degraded("12 s behind"))];
        Ok(shards.into_iter().collect::<Parts>().into_outcome())
    }
}

#[tokio::test]
async fn the_internal_answer_has_the_raw_results_beside_the_published_ones() {
    let state = App::healthy();
    let flag = Flag::healthy();
    let patient = CheckSpec::new("patient").failure_threshold(9);
    let builder = Health::builder(state)
        .check(CheckSpec::new("shards"), Shards)
        .check(patient, flag.clone());
    let health = builder.stalled_after(Duration::from_secs(10)).start();
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    settled(&public, "/readyz", 200, "degraded").await;
    flag.set_unhealthy("for a moment");
    let check = until("it has failed", async || {
        let check = get(&internal, "/readyz/patient").await.json()["checks"][0].take();
        assert_eq!(check["status"], "healthy");
        (check["raw_status"] == "unhealthy").then_some(check)
    })
    .await;
    assert_eq!(
        (&check["raw_reason"], &check["message"]),
        (&json!("reported"), &json!("for a moment"))
    );
    assert!(check["age_ms"].as_f64().unwrap() >= 0.0, "{check}");
    let answer = get(&internal, "/readyz").await.json();
    assert!(answer["lag_ms"].as_f64().unwrap() < 10_000.0, "{answer}");
    let shards = answer["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "shards")
        .unwrap();
    let late = json!({"name": "us", "status": "degraded", "reason": "reported", "message": "12 s behind"});
    assert_eq!(shards["parts"], json!([late, {"name": "eu", "status": "healthy"}]));
    for path in ["/readyz", "/health", "/readyz/shards"] {
        let body = get(&public, path).await.body;
        for hidden in ["raw_", "age_ms", "lag_ms", "parts", "behind", "moment"] {
            assert!(!body.contains(hidden), "{hidden}: {body}");
        }
    }
}

#[tokio::test]
async fn the_report_has_the_details_too() {
    let health = App::healthy().start_health();
    let report = health.report(Probe::Readiness);
    let check = |name| report.checks.iter().find(|check| check.name == name).unwrap();
    let (db, cache) = (check("db"), check("cache"));
    assert_eq!(db.runbook.as_deref(), Some("https://wiki.example/orders-db"));
    assert_eq!(db.groups, ["core", "sql"]);
    assert_eq!(db.restart_helps.as_deref(), Some("a new process has a new pool"));
    assert_eq!((&cache.runbook, &cache.restart_helps), (&None, &None));
    assert!(cache.groups.is_empty());
}

async fn settles(health: &Health, status: Status) {
    until("the checks have run", async || {
        let report = health.report(Probe::Readiness);
        let has_run = report.checks.iter().all(|check| check.latency.is_some());
        (has_run && report.status == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_internal_body_has_every_check_that_fits_into_a_mib() {
    let health = Health::builder(Many::<3_000>(|| Ok(Outcome::healthy()))).start();
    let internal = health.serve_internal(LOCAL).unwrap();
    settles(&health, Status::Healthy).await;
    for body in [
        json_of(&ask(internal, "/readyz").await),
        get(&health.internal_router(), "/readyz?exclude=check-0").await.json(),
    ] {
        assert!(body["checks"].as_array().unwrap().len() >= 2_999);
        assert_eq!(body["omitted"], Value::Null);
    }
}

#[tokio::test]
async fn no_internal_body_is_larger_than_a_mib() {
    let long = || Err("x\"".repeat(5_000).into());
    let health = Health::builder(Many::<2_000>(long)).start();
    let internal = health.serve_internal(LOCAL).unwrap();
    settles(&health, Status::Unhealthy).await;
    for path in ["/readyz", "/readyz?exclude=check-0"] {
        let answer = says(internal, path, 503).await;
        let length = answer.split_once("\r\n\r\n").unwrap().1.len();
        assert!(length < 1024 * 1024 && length > 900 * 1024, "{path}: {length}");
        let body = json_of(&answer);
        let shown = body["checks"].as_array().unwrap();
        let all = if path == "/readyz" { 2_000 } else { 1_999 };
        assert_eq!(body["omitted"], all - shown.len(), "{path}");
        let message = shown[0]["message"].as_str().unwrap();
        assert_eq!(message.len(), 1024, "{path}");
    }
}

/// One critical check that hangs, and many that pass.
struct Crowd;

impl HealthState for Crowd {
    fn register(checks: &mut Checks<Self>) {
        let often = |name| CheckSpec::new(name).interval(Duration::from_millis(500));
        let hangs = often("hangs").critical().timeout(Duration::from_millis(100));
        checks.with(hangs, |_| run(std::future::pending::<()>()));
        for index in 0..3_000 {
            let name = Box::leak(format!("check-{index}").into_boxed_str());
            checks.with(often(name), |_| run(()));
        }
    }
}

#[test]
fn readers_of_the_internal_port_starve_neither_timeouts_nor_ticks() {
    let (runtime, prober) = (workers(1), prober());
    let health = {
        let _guard = runtime.enter();
        Health::builder(Crowd).start()
    };
    let mut events = health.subscribe();
    let internal = health.serve_internal(LOCAL).unwrap();
    prober.block_on(async {
        let readers: Vec<_> = (0..16)
            .map(|_| tokio::spawn(async move { while !ask(internal, "/health?exclude=check-1").await.is_empty() {} }))
            .collect();
        let began = Instant::now();
        let mut timed_out = false;
        while began.elapsed() < Duration::from_secs(4) {
            let Ok(Some(event)) = timeout(Duration::from_millis(100), events.next()).await else {
                continue;
            };
            let health_runtime::HealthEvent::Check(transition) = event else {
                continue;
            };
            let reason = transition.to_reason.map(health_runtime::Reason::as_str);
            assert_ne!(reason, Some("stale"), "{transition:?}");
            timed_out |= &*transition.check == "hangs" && reason == Some("timeout");
        }
        readers.iter().for_each(tokio::task::JoinHandle::abort);
        assert!(timed_out, "the timeout fires while clients read");
    });
}

#[tokio::test]
async fn the_internal_port_is_not_ready_before_the_server_is() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    let app: Router = health.router();
    says(internal, "/startupz", 200).await;
    let answer = says(internal, "/readyz", 503).await;
    assert_eq!(json_of(&answer)["reason"], "starting");
    let public = serve(app).await;
    ask(public, "/livez").await;
    says(internal, "/readyz", 200).await;
}

#[tokio::test]
async fn the_internal_port_is_ready_once_a_request_has_come_through_the_drain_layer() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    let app: Router = Router::new()
        .route("/orders", axum::routing::get(async || "[]"))
        .layer(health.drain_layer())
        .merge(health.router());
    says(internal, "/readyz", 503).await;
    assert_eq!(get(&app, "/orders").await.status, 200);
    says(internal, "/readyz", 200).await;
}

#[tokio::test]
async fn the_internal_port_is_ready_once_a_server_awaits_the_shutdown_signal() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    let _app: Router = health.router();
    says(internal, "/readyz", 503).await;
    let server = tokio::spawn(health.shutdown_signal());
    says(internal, "/readyz", 200).await;
    server.abort();
}

#[tokio::test]
async fn the_drain_takes_its_full_time_if_probes_use_the_internal_port() {
    let drain = Duration::from_millis(600);
    let health = Health::builder(App::healthy()).drain(drain).start();
    let internal = health.serve_internal(LOCAL).unwrap();
    let listener = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
    let listener = health.listener(listener);
    let server = tokio::spawn(async move { axum::serve(listener, Router::new()).await });
    says(internal, "/readyz", 200).await;
    let began = Instant::now();
    health.drain();
    health.shutdown_signal().await;
    assert!(began.elapsed() >= drain, "{:?}", began.elapsed());
    server.abort();
}

#[tokio::test]
async fn readiness_waits_for_the_listener_to_accept_and_fails_when_its_server_is_gone() {
    let health = App::healthy().start_health();
    let internal = health.serve_internal(LOCAL).unwrap();
    let app: Router = health.router();
    let listener = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = health.listener(listener);
    ask(internal, "/startupz").await;
    let answer = says(internal, "/readyz", 503).await;
    let (reason, phase) = (&json_of(&answer)["reason"], &json_of(&answer)["phase"]);
    assert_eq!((reason, phase), (&json!("starting"), &json!("starting")));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    says(internal, "/readyz", 200).await;
    says(address, "/readyz", 200).await;
    server.abort();
    let answer = says(internal, "/readyz", 503).await;
    assert_eq!(json_of(&answer)["reason"], "not_serving");
    assert!(has_code(&ask(internal, "/livez").await, 200), "liveness does not fail");
}

// --- it ends ---

#[tokio::test]
async fn two_ports_are_served_and_closed_together_and_keep_nothing_alive() {
    let health = App::healthy().start_health();
    let ports = [
        health.serve_internal(LOCAL).unwrap(),
        health.serve_internal(LOCAL).unwrap(),
    ];
    let mut idle = Vec::new();
    for port in ports {
        says(port, "/readyz", 200).await;
        let mut socket = TcpStream::connect(port).await.unwrap();
        socket
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut status = [0; 12];
        socket.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        idle.push(socket);
    }
    let weak = health.downgrade();
    drop(health);
    until("the engine ends", async || weak.upgrade().is_none().then_some(())).await;
    for port in ports {
        is_closed(port).await;
    }
    for mut socket in idle {
        let mut rest = String::new();
        socket.read_to_string(&mut rest).await.unwrap(); // to its end
        assert!(rest.contains("\"phase\":\"running\""), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_request_keeps_no_engine_alive_and_does_not_get_a_200() {
    let (began, begins) = std::sync::mpsc::channel();
    let state = OnDemand(move || {
        began.send(()).unwrap();
        std::future::pending()
    });
    let health = Health::builder(state).probe_budget(Duration::from_hours(1)).start();
    let internal = health.serve_internal(LOCAL).unwrap();
    let request = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    let waiting = [request.to_owned(), request.repeat(2)].map(|requests| {
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(internal).await.unwrap();
            socket.write_all(requests.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let _ = socket.read_to_end(&mut answer).await; // the connection may be reset
            String::from_utf8(answer).unwrap()
        })
    });
    begins.recv().unwrap();
    let weak = health.downgrade();
    drop(health);
    until("the engine ends", async || weak.upgrade().is_none().then_some(())).await;
    for waiting in waiting {
        let answer = timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    is_closed(internal).await;
}

/// Runs this test again in its own process, where no other test has threads or sockets. Returns `true` in that process.
fn is_alone(test: &str) -> bool {
    const ALONE: &str = "HEALTH_TESTS_ALONE";
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.env(ALONE, "1").args(["--exact", test]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn sockets() -> usize {
    let is_socket = |path: &Path| fs::read_link(path).is_ok_and(|of| of.to_string_lossy().starts_with("socket:"));
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    descriptors
        .filter(|entry| is_socket(&entry.as_ref().unwrap().path()))
        .count()
}

/// Clients that keep a server waiting. They send nothing, half a request, one request, or many without reading the
/// answers.
async fn clients(address: SocketAddr) -> Vec<TcpStream> {
    let whole = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    let sent = ["", &whole[..20], whole, &whole.repeat(100)];
    let mut clients = Vec::new();
    for sent in sent {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        clients.push(client);
    }
    for client in &clients[2..] {
        client.readable().await.unwrap();
    }
    // Connections are accepted in order. So when this one has an answer, all of them have been accepted.
    drop(ask(address, "/livez").await);
    clients
}

/// A state with long answers, and with a check that runs at each tick.
struct Ticking(Arc<AtomicUsize>);

impl HealthState for Ticking {
    fn register(checks: &mut Checks<Self>) {
        let ticks = CheckSpec::new("ticks").interval(Duration::from_millis(1));
        checks.with(ticks, |state| {
            state.0.fetch_add(1, Ordering::SeqCst);
            run(())
        });
        for index in 0..1_000 {
            let name = Box::leak(format!("check-{index}").into_boxed_str());
            checks.with(CheckSpec::new(name).critical(), |_| {
                run(Err::<(), _>("x".repeat(1_024)))
            });
        }
    }
}

/// Ends an engine while clients are connected. Asserts that only the expected threads and sockets are left.
fn ends(signals: bool) {
    let runtime = workers(1);
    let alone = threads();
    runtime.block_on(async {
        let runs = Arc::new(AtomicUsize::new(0));
        let health = Health::builder(Ticking(Arc::clone(&runs))).start();
        settles(&health, Status::Unhealthy).await;
        drop(signals.then(|| health.shutdown_signal()));
        let before = runs.load(Ordering::SeqCst);
        until("the pacemaker ticks", async || {
            (runs.load(Ordering::SeqCst) >= before + 2).then_some(())
        })
        .await;
        let open = sockets();
        let internal = health.serve_internal(LOCAL).unwrap();
        let clients = clients(internal).await;
        let its_own = 2; // the listener, and the socket of tokio's runtime for signals
        until("the server has accepted every client", async || {
            (sockets() == open + its_own + 2 * clients.len()).then_some(())
        })
        .await;
        drop(health);
        is_closed(internal).await;
        until("only the sockets of the clients are left", async || {
            (sockets() <= open + clients.len()).then_some(())
        })
        .await;
        for (index, mut client) in clients.into_iter().enumerate() {
            let mut rest = Vec::new();
            let _ = timeout(Duration::from_secs(10), client.read_to_end(&mut rest))
                .await
                .unwrap();
            assert_eq!(rest.is_empty(), index < 2);
        }
        let stays = usize::from(signals); // the signal thread
        until("no other thread is left", async || {
            (threads() == alone + stays).then_some(())
        })
        .await;
    });
}

#[test]
fn it_leaves_no_thread_and_no_socket_behind() {
    if is_alone("it_leaves_no_thread_and_no_socket_behind") {
        ends(false);
    }
}

#[test]
fn it_leaves_no_socket_behind_where_signals_are_handled() {
    if is_alone("it_leaves_no_socket_behind_where_signals_are_handled") {
        ends(true);
    }
}

#[tokio::test]
async fn an_address_given_twice_is_bound_once() {
    let health = App::healthy().start_health();
    let twice: [SocketAddr; 2] = [LOCAL.parse().unwrap(); 2];
    let internal = health.serve_internal(&twice[..]).unwrap();
    assert!(has_code(&ask(internal, "/livez").await, 200));
}
