//! The answers that a prober gets: every rule, on an axum router and over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::routing::get as on_get;
use health_runtime::{CheckSpec, Checks, Flag, Health, HealthState, Outcome, Public, check_fn, run};
use health_tests::{Answer, Many, ask, get, raw, serve, serve_at, settled, until};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

#[derive(Clone, HealthState)]
#[health(name = "orders", version = "1.2.3")]
struct App {
    #[health_check(critical)]
    db: Flag,
    /// Prices, a minute old at most.
    #[health_check]
    cache: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

impl App {
    fn healthy() -> Self {
        Self {
            db: Flag::healthy(),
            cache: Flag::healthy(),
            worker: Flag::healthy(),
        }
    }
}

/// A running application. All its checks have a result.
async fn started() -> (App, Health, Router) {
    let state = App::healthy();
    let health = state.start_health();
    let app = health.router();
    settled(&app, "/health", 200, "healthy").await;
    (state, health, app)
}

#[tokio::test]
async fn the_default_body_has_the_public_fields_and_status_first() {
    let (state, _health, app) = started().await;
    state.cache.set_unhealthy("cannot reach redis://user:secret@cache");
    let answer = settled(&app, "/readyz", 200, "degraded").await;
    assert!(
        answer
            .body
            .starts_with(r#"{"status":"degraded","service":"orders","version":"1.2.3","phase":"running","since":""#)
    );
    let mut body = answer.json();
    let times = body.as_object_mut().unwrap();
    assert!(times.remove("since").is_some_and(|since| since.is_string()));
    assert!(times.remove("uptime_s").is_some_and(|uptime| uptime.is_u64()));
    for check in body["checks"].as_array_mut().unwrap() {
        let latency = check.as_object_mut().unwrap().remove("latency_ms");
        assert!(latency.is_some_and(|latency| latency.is_f64()));
    }
    let expected = json!({
        "status": "degraded",
        "service": "orders",
        "version": "1.2.3",
        "phase": "running",
        "checks": [
            { "name": "cache", "status": "unhealthy", "critical": false, "reason": "reported" },
            { "name": "db", "status": "healthy", "critical": true },
        ],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn every_probe_answers_for_its_own_checks() {
    let (state, health, app) = started().await;
    for uri in ["/livez", "/readyz", "/startupz", "/health"] {
        assert_eq!(get(&app, uri).await.status, 200, "{uri}");
    }
    state.worker.set_unhealthy("out of luck");
    settled(&app, "/livez", 503, "unhealthy").await;
    assert_eq!(get(&app, "/readyz").await.status, 200);
    assert_eq!(get(&app, "/health").await.status, 503);
    state.worker.set_healthy();
    state.db.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    settled(&app, "/livez", 200, "healthy").await;
    assert_eq!(get(&app, "/startupz").await.status, 200);
    assert_eq!(get(&app, "/health").await.status, 503);
    health.drain();
    assert_eq!(get(&app, "/readyz").await.json()["reason"], "draining");
    assert_eq!(get(&app, "/livez").await.status, 200);
}

#[tokio::test]
async fn answers_are_neither_stored_nor_sniffed_nor_chunked() {
    let (_state, _health, app) = started().await;
    for uri in [
        "/livez",
        "/readyz",
        "/startupz",
        "/health",
        "/readyz/db",
        "/readyz/nothing",
    ] {
        let answer = get(&app, uri).await;
        assert_eq!(answer.header("content-type"), "application/json", "{uri}");
        assert_eq!(answer.header("cache-control"), "no-store", "{uri}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{uri}");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{uri}");
        for absent in ["etag", "last-modified", "location", "transfer-encoding", "connection"] {
            assert!(!answer.headers.contains_key(absent), "{uri}: {absent}");
        }
    }
}

#[tokio::test]
async fn head_and_options_answer_like_get_without_a_body() {
    let (state, _health, app) = started().await;
    for _ in 0..2 {
        let expected = get(&app, "/readyz").await;
        for (method, length) in [("HEAD", expected.header("content-length")), ("OPTIONS", "0")] {
            for uri in ["/readyz", "/readyz/db", "/readyz?exclude=cache"] {
                let answer = ask(&app, method, uri).await;
                assert_eq!(answer.status, expected.status, "{method} {uri}");
                assert_eq!(answer.body, "", "{method} {uri}");
                if uri == "/readyz" {
                    assert_eq!(answer.header("content-length"), length, "{method}");
                }
            }
        }
        state.db.set_unhealthy("gone");
        settled(&app, "/readyz", 503, "unhealthy").await;
    }
}

#[tokio::test]
async fn other_methods_get_405_and_the_allowed_methods() {
    let (_state, _health, app) = started().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        for uri in ["/livez", "/readyz", "/startupz", "/health", "/readyz/db"] {
            let answer = ask(&app, method, uri).await;
            assert_eq!(answer.status, 405, "{method} {uri}");
            assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS", "{method} {uri}");
        }
    }
}

#[tokio::test]
async fn an_unknown_check_or_group_is_404_even_if_the_application_has_a_fallback() {
    let (_state, _health, probes) = started().await;
    let app = Router::new().fallback(|| async { "a page" }).merge(probes);
    for uri in [
        "/readyz/",
        "/readyz/typo",
        "/readyz/db/",
        "/readyz/db/x",
        "/readyz//",
        "/readyz/worker",
        "/livez/db",
        "/startupz/db",
        "/health/",
        "/health/typo",
        "/readyz/DB",
        "/readyz/db%20",
        "/readyz?group=core",
        "/health?group=",
    ] {
        assert_eq!(get(&app, uri).await.status, 404, "{uri}");
        assert_eq!(ask(&app, "HEAD", uri).await.status, 404, "{uri}");
    }
    for uri in ["/", "/orders", "/readyzz", "/livez.html"] {
        assert_eq!(get(&app, uri).await.body, "a page", "{uri}");
    }
}

#[tokio::test]
async fn a_single_check_has_its_own_answer() {
    let (state, health, app) = started().await;
    let answer = get(&app, "/readyz/cache").await;
    assert_eq!(
        (answer.status, &answer.json()["checks"][0]["name"]),
        (StatusCode::OK, &json!("cache"))
    );
    assert_eq!(answer.json()["checks"].as_array().unwrap().len(), 1);
    state.cache.set_unhealthy("gone");
    for uri in ["/readyz/cache", "/health/cache"] {
        let body = settled(&app, uri, 503, "unhealthy").await.json();
        assert_eq!(body["checks"][0]["reason"], "reported", "{uri}");
        assert!(
            body.get("reason").is_none(),
            "{uri}: the reason is in the check's entry, not at the top"
        );
    }
    assert_eq!(get(&app, "/readyz").await.status, 200);
    assert_eq!(get(&app, "/readyz/db").await.status, 200);
    assert_eq!(get(&app, "/livez/worker").await.status, 200);
    assert_eq!(get(&app, "/health/worker").await.status, 200);
    health.drain();
    assert_eq!(get(&app, "/readyz/db").await.json()["reason"], "draining");
}

#[tokio::test]
async fn excluded_checks_do_not_count_and_unknown_ones_change_nothing() {
    let (state, health, app) = started().await;
    state.db.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    let answer = get(&app, "/readyz?exclude=db").await;
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (StatusCode::OK, &json!("healthy"))
    );
    assert_eq!(answer.json()["checks"].as_array().unwrap().len(), 1);
    assert_eq!(get(&app, "/readyz?exclude=worker&exclude=db").await.status, 200);
    for uri in [
        "/readyz?exclude=typo",
        "/readyz?exclude=",
        "/readyz?exclude",
        "/readyz?exclude=DB",
        "/readyz?x=db",
    ] {
        assert_eq!(get(&app, uri).await.status, 503, "{uri}");
    }
    let _hold = health.hold("maintenance");
    assert_eq!(get(&app, "/readyz?exclude=db").await.json()["reason"], "held");
}

#[tokio::test]
async fn a_query_that_leaves_no_check_is_not_found() {
    let (_state, _health, app) = started().await;
    for uri in [
        "/readyz?exclude=cache&exclude=db",
        "/readyz/db?exclude=db",
        "/livez?exclude=worker",
        "/health?exclude=cache&exclude=db&exclude=worker",
    ] {
        let answer = get(&app, uri).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (StatusCode::NOT_FOUND, &json!("no check of this probe is left")),
            "{uri}"
        );
    }
    for uri in [
        "/startupz?exclude=db",
        "/livez?exclude=db",
        "/readyz/db?exclude=cache",
        "/readyz?exclude=db&exclude=typo",
    ] {
        assert_eq!(
            get(&app, uri).await.status,
            200,
            "{uri}: some checks are left, or the probe has none"
        );
    }
}

#[tokio::test]
async fn a_name_in_a_path_may_be_percent_encoded() {
    let (_state, _health, app) = started().await;
    let answer = get(&app, "/readyz/d%62").await;
    assert_eq!(
        (answer.status, &answer.json()["checks"][0]["name"]),
        (StatusCode::OK, &json!("db"))
    );
    assert_eq!(get(&app, "/readyz/%64%62").await.status, 200);
    for uri in [
        "/readyz/d%ff",
        "/readyz/d%6",
        "/readyz/db%",
        "/readyz/db%2F",
        "/readyz/%2564b",
        "/readyz/typ%6F",
    ] {
        let answer = get(&app, uri).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (StatusCode::NOT_FOUND, &json!("no such check in this probe")),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn while_draining_every_answer_of_a_probe_closes_its_connection() {
    let (_state, health, app) = started().await;
    let questions = [
        ("GET", "/readyz", 503),
        ("GET", "/livez", 200),
        ("GET", "/readyz/typo", 404),
        ("GET", "/readyz/", 404),
        ("GET", "/readyz?group=typo", 404),
        ("GET", "/readyz?exclude=db&exclude=cache", 404),
        ("POST", "/readyz", 405),
        ("POST", "/readyz/db", 405),
    ];
    for (method, uri, _) in questions {
        assert_eq!(ask(&app, method, uri).await.header("connection"), "", "{method} {uri}");
    }
    health.drain();
    for (method, uri, status) in questions {
        let answer = ask(&app, method, uri).await;
        let said = (answer.status.as_u16(), answer.header("connection"));
        assert_eq!(said, (status, "close"), "{method} {uri}");
    }
}

#[tokio::test]
async fn any_accept_header_gets_an_answer() {
    let (_state, _health, app) = started().await;
    for accept in [
        "*/*",
        "text/plain, text/*, */*",
        "image/png",
        "application/health+json",
        "nonsense",
        "text/html",
    ] {
        let request = axum::http::Request::get("/readyz").header("accept", accept);
        let answer = health_tests::send(&app, request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{accept}");
    }
}

#[tokio::test]
async fn a_prefix_moves_the_probes() {
    let health = Health::builder(App::healthy()).prefix("/internal/health").start();
    let app = health.router();
    settled(&app, "/internal/health", 200, "healthy").await;
    for uri in [
        "/internal/health/live",
        "/internal/health/ready",
        "/internal/health/startup",
    ] {
        assert_eq!(get(&app, uri).await.status, 200, "{uri}");
        assert_eq!(
            get(&app, &format!("{uri}/typo")).await.json()["error"],
            "no such check in this probe"
        );
    }
    assert_eq!(get(&app, "/internal/health/ready/db").await.status, 200);
    assert_eq!(get(&app, "/internal/health/db").await.status, 200);
    assert_eq!(
        get(&app, "/internal/health/readyy").await.json()["error"],
        "no such check in this probe"
    );
    assert_eq!(get(&app, "/readyz").await.status, 404);
}

#[tokio::test]
async fn no_layer_fallback_or_state_of_the_application_changes_an_answer() {
    let (state, _health, probes) = started().await;
    let nested = Router::new().nest("/ops", probes.clone());
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any);
    let app: Router = Router::new()
        .route("/orders", on_get(|| async { "[]" }))
        .with_state(7_u8)
        .fallback(|| async { "a page" })
        .layer(cors)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::ZERO,
        ))
        .layer(axum::middleware::from_fn(async |_: Request, _: Next| {
            StatusCode::UNAUTHORIZED
        }))
        .merge(probes.clone());
    for uri in [
        "/livez",
        "/readyz",
        "/readyz/db",
        "/readyz?exclude=db",
        "/readyz/typo",
        "/startupz",
        "/health",
    ] {
        for method in ["GET", "HEAD", "OPTIONS", "POST"] {
            let expected = ask(&probes, method, uri).await;
            let [merged, nested] = [
                ask(&app, method, uri).await,
                ask(&nested, method, &format!("/ops{uri}")).await,
            ];
            assert_eq!(
                (merged.status, merged.headers),
                (expected.status, expected.headers.clone()),
                "{method} {uri}"
            );
            assert_eq!(
                (nested.status, nested.headers),
                (expected.status, expected.headers),
                "{method} {uri}"
            );
        }
    }
    assert_eq!(
        get(&app, "/orders").await.status,
        401,
        "the layers apply to the application"
    );
    state.db.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
}

#[tokio::test]
async fn a_router_serves_applications_with_any_state() {
    let (_state, health, _) = started().await;
    let app: Router = Router::new()
        .merge(health.router::<String>())
        .with_state("state".to_owned());
    assert_eq!(get(&app, "/readyz").await.status, 200);
}

// --- the size of answers ---

#[tokio::test]
async fn ten_healthy_checks_fit_into_a_kib() {
    let health = Health::builder(Many::<10>(|| Ok(Outcome::healthy()))).start();
    let answer = settled(&health.router(), "/readyz", 200, "healthy").await;
    assert_eq!(answer.json()["checks"].as_array().unwrap().len(), 10);
    assert!(answer.body.len() < 1024, "{}", answer.body.len());
}

#[tokio::test]
async fn any_number_of_failures_fits_into_four_kib() {
    let long = || Err("x".repeat(5_000).into());
    for details in [Public::CheckStates, Public::Details] {
        let builder = Health::builder(Many::<2_000>(long));
        let health = builder.public(details).start();
        let app = health.router();
        let answer = settled(&app, "/readyz", 503, "unhealthy").await;
        assert!(answer.body.len() < 4096, "{}", answer.body.len());
        let body = answer.json();
        let shown = body["checks"].as_array().unwrap().len();
        assert_eq!(body["omitted"], 2_000 - shown);
        assert!(shown >= 10, "{shown}");
    }
}

#[tokio::test]
async fn failures_are_listed_first_even_among_many_checks() {
    struct Last;
    impl HealthState for Last {
        fn register(checks: &mut Checks<Self>) {
            for index in 0..500 {
                let name = Box::leak(format!("check-{index}").into_boxed_str());
                checks.with(CheckSpec::new(name), |_| run(()));
            }
            checks.with(CheckSpec::new("lag"), |_| run(Outcome::degraded("slow")));
            checks.with(CheckSpec::new("mail"), |_| run(false));
            checks.with(CheckSpec::new("db").critical(), |_| run(false));
        }
    }
    let app = Health::builder(Last).start().router();
    let names = |answer: &Answer| {
        let body = answer.json();
        let checks = body["checks"].as_array().unwrap();
        checks[..4]
            .iter()
            .map(|check| check["name"].clone())
            .collect::<Vec<_>>()
    };
    until("the failures are listed first", async || {
        let answer = get(&app, "/readyz").await;
        (names(&answer) == ["db", "mail", "lag", "check-0"]).then_some(())
    })
    .await;
}

// --- what must not be public ---

#[tokio::test]
async fn no_public_answer_contains_an_error_text() {
    let runs = Arc::new(AtomicUsize::new(0));
    struct Leaky(Arc<AtomicUsize>);
    impl HealthState for Leaky {
        fn register(checks: &mut Checks<Self>) {
            let spec = CheckSpec::new("db").critical().interval(Duration::from_millis(20));
            checks.with(spec, |state| {
                state.0.fetch_add(1, Ordering::SeqCst);
                run(Err::<(), _>(
                    "cannot connect to postgres://user:secret@host:5432/orders",
                ))
            });
        }
    }
    let health = Health::builder(Leaky(Arc::clone(&runs))).start();
    let app = health.router();
    settled(&app, "/readyz", 503, "unhealthy").await;
    until("ten failures", async || {
        (runs.load(Ordering::SeqCst) > 10).then_some(())
    })
    .await;
    for uri in [
        "/readyz",
        "/readyz/db",
        "/health",
        "/livez",
        "/startupz",
        "/readyz?exclude=x",
        "/readyz/x",
        "/health?verbose",
    ] {
        for method in ["GET", "HEAD", "OPTIONS", "POST"] {
            let answer = format!("{:?}", ask(&app, method, uri).await);
            for secret in ["secret", "postgres", "user", "cannot connect"] {
                assert!(!answer.contains(secret), "{method} {uri}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn details_are_public_only_if_the_service_says_so() {
    let health = Health::builder(Many::<1>(|| Err("no route to postgres://u:secret@h".into())))
        .public(Public::Details)
        .start();
    let answer = settled(&health.router(), "/readyz", 503, "unhealthy").await;
    assert_eq!(answer.json()["checks"][0]["message"], "no route to postgres://***@h");
}

#[tokio::test]
async fn the_details_of_a_check_keep_their_order_and_are_internal() {
    let outcome = || {
        Outcome::healthy()
            .with_message("follows the primary")
            .detail("size", 10)
            .detail("in_use", 2)
            .detail("load", 0.5)
            .detail("primary", false)
            .detail("at", "postgres://u:secret@h")
    };
    let shown = r#""message":"follows the primary","details":{"size":10,"in_use":2,"load":0.5,"primary":false,"at":"postgres://***@h"}"#;
    for choice in [Public::CheckStates, Public::Details] {
        let builder = Health::builder(()).check(CheckSpec::new("db").critical(), check_fn(outcome));
        let health = builder.public(choice).start();
        let public_details = choice == Public::Details;
        let public = settled(&health.router(), "/readyz", 200, "healthy").await.body;
        assert_eq!(public.contains(shown), public_details, "{public}");
        assert!(public_details || !public.contains("details"), "{public}");
        let internal = get(&health.internal_router(), "/readyz").await.body;
        assert!(internal.contains(shown), "{internal}");
    }
}

// --- over sockets ---

#[tokio::test]
async fn the_default_check_of_haproxy_is_answered_like_get() {
    let (state, _health, app) = started().await;
    let address = serve(app.clone()).await;
    let answer = raw(address, "OPTIONS /readyz HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("content-length: 0\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    state.db.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    let answer = raw(address, "OPTIONS /readyz HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 503 Service Unavailable\r\n"), "{answer}");
}

#[tokio::test]
async fn while_draining_every_answer_asks_the_client_to_close_its_connection() {
    let (_state, health, probes) = started().await;
    let own = |value: &'static str| on_get(move || async move { ([("connection", value)], "[]") });
    let app = Router::new()
        .route("/orders", on_get(|| async { "[]" }))
        .route("/own", own("keep-alive"))
        .route("/list", own("keep-alive, x-hop"))
        .layer(health.drain_layer())
        .merge(probes);
    let address = serve(app).await;
    health.drain();
    for uri in ["/orders", "/own", "/list", "/readyz", "/livez", "/readyz/typo"] {
        for version in ["1.0", "1.1"] {
            // A client that is not asked to close would wait here for ever.
            let request = format!("GET {uri} HTTP/{version}\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
            let answer = tokio::time::timeout(Duration::from_secs(10), raw(address, &request)).await;
            let answer = answer.expect("the connection is closed").to_lowercase();
            let lines = answer.lines().take_while(|line| !line.is_empty());
            let connection: Vec<_> = lines.filter(|line| line.starts_with("connection:")).collect();
            assert_eq!(connection, ["connection: close"], "{uri} in {version}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_response_that_switches_protocols_keeps_its_connection_header_while_draining() {
    let (_state, health, _) = started().await;
    let switch = || async { (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade")]) };
    let app = Router::new().route("/live", on_get(switch)).layer(health.drain_layer());
    health.drain();
    assert_eq!(get(&app, "/live").await.header("connection"), "upgrade");
}

#[tokio::test]
async fn the_probe_of_the_kubelet_is_answered_on_both_loopbacks() {
    let (_state, _health, app) = started().await;
    for host in ["127.0.0.1", "::1"] {
        let address = serve_at(host, app.clone()).await;
        let request = "GET /readyz HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1.33\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        let answer = raw(address, request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{host}: {answer}");
        assert!(answer.contains("\r\n\r\n{\"status\":\"healthy\""), "{host}: {answer}");
    }
}

#[tokio::test]
async fn head_has_the_length_of_get_and_no_body_on_the_wire() {
    let (_state, _health, app) = started().await;
    let address = serve(app).await;
    let head = raw(address, "HEAD /livez/worker HTTP/1.0\r\n\r\n").await;
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let length: usize = head
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(length > 50, "{head}");
}

#[tokio::test]
async fn a_client_that_resets_its_connection_cancels_no_check() {
    #[derive(Clone, Default)]
    struct Slow {
        began: Arc<AtomicUsize>,
        finished: Arc<AtomicUsize>,
    }
    impl HealthState for Slow {
        fn register(checks: &mut Checks<Self>) {
            let spec = CheckSpec::new("db").critical().ttl(Duration::ZERO);
            checks.with(spec, |state| {
                state.began.fetch_add(1, Ordering::SeqCst);
                run(async move {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    state.finished.fetch_add(1, Ordering::SeqCst);
                })
            });
        }
    }
    let state = Slow::default();
    let Slow { began, finished } = state.clone();
    let health = Health::builder(state).start();
    let address = serve(health.router()).await;
    // The client resets the connection while its probe waits for the check.
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    until("the run begins", async || {
        (began.load(Ordering::SeqCst) == 1).then_some(())
    })
    .await;
    socket.set_zero_linger().unwrap();
    drop(socket);
    until("the run ends", async || {
        (finished.load(Ordering::SeqCst) == 1).then_some(())
    })
    .await;
    // The client resets the connection after the status line.
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut line = [0; 15];
    socket.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"HTTP/1.1 200 OK");
    socket.set_zero_linger().unwrap();
    drop(socket);
    let before = finished.load(Ordering::SeqCst);
    let answer = raw(address, "GET /readyz HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    until("the next run ends", async || {
        (finished.load(Ordering::SeqCst) > before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_probes_serve_any_framework() {
    let probes = App::healthy().start_health().probes();
    let answer = until("ready", async || {
        let answer = probes.answer("GET", "/readyz", None).await.unwrap();
        (answer.status() == 200).then_some(answer)
    })
    .await;
    let headers: Vec<_> = answer.headers().collect();
    let length = answer.body().len().to_string();
    assert!(headers.contains(&("content-length", length)), "{headers:?}");
    assert!(
        headers.contains(&("cache-control", "no-store".to_owned())),
        "{headers:?}"
    );
    assert_eq!(probes.answer("GET", "/readyz/typo", None).await.unwrap().status(), 404);
    assert_eq!(probes.answer("POST", "/readyz", None).await.unwrap().status(), 405);
    assert_eq!(
        probes
            .answer("OPTIONS", "/readyz", Some("exclude=db"))
            .await
            .unwrap()
            .body()
            .len(),
        0
    );
    assert!(probes.answer("GET", "/elsewhere", None).await.is_none());
}

#[tokio::test]
async fn an_answer_converts_into_the_response_that_the_router_sends() {
    use axum::response::IntoResponse as _;
    let health = App::healthy().start_health();
    let (app, probes) = (health.router(), health.probes());
    settled(&app, "/readyz", 200, "healthy").await;
    for draining in [false, true] {
        for (method, path) in [
            ("GET", "/readyz"),
            ("HEAD", "/readyz"),
            ("POST", "/livez"),
            ("GET", "/readyz/nobody"),
        ] {
            let expected = ask(&app, method, path).await;
            let response = probes.answer(method, path, None).await.unwrap().into_response();
            assert_eq!(
                response.status(),
                expected.status,
                "{method} {path}, draining: {draining}"
            );
            assert_eq!(
                *response.headers(),
                expected.headers,
                "{method} {path}, draining: {draining}"
            );
        }
        health.drain();
    }
}
