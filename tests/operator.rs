//! The token of the internal port, and what an operator may do with it.

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use health_runtime::{Flag, Health, HealthBuilder, HealthState, StartError};
use health_tests::{Answer, Log, ask, raw, send, settled, until};
use tokio::time::timeout;
use tracing_subscriber::prelude::*;

const TOKEN: &str = "Zm9vYmFyYmF6cXV4-0123456789";

#[derive(Clone, HealthState)]
#[health(name = "orders", version = "1.2.3", drain = "100ms")]
struct App {
    #[health_check(critical)]
    db: Flag,
}

/// The log of all tests in this file. It is the only subscriber, so no event is missed while another one is installed.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    tracing::subscriber::set_global_default(subscriber).expect("nothing else sets it");
    log
});

fn app() -> (App, HealthBuilder<App>) {
    LazyLock::force(&LOG);
    let app = App { db: Flag::healthy() };
    (app.clone(), Health::builder(app).internal_token(TOKEN))
}

async fn with(app: &Router, method: &str, path: &str, header: (&str, &str)) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header.0, header.1);
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn operator(app: &Router, method: &str, path: &str) -> Answer {
    with(app, method, path, ("authorization", &format!("Bearer {TOKEN}"))).await
}

#[tokio::test]
async fn without_the_token_every_path_and_method_gets_401_and_learns_nothing() {
    let (state, builder) = app();
    let health = builder.operator_controls().start();
    let internal: Router = health.internal_router();
    let port = health.serve_internal("127.0.0.1:0").unwrap();
    state.db.set_unhealthy("no route");
    let mut told = std::collections::BTreeSet::new();
    for drains in [false, true] {
        if drains {
            health.drain();
        }
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "BREW"] {
            for path in [
                "/livez",
                "/readyz",
                "/readyz/db",
                "/readyz/typo",
                "/health?history",
                "/metrics",
                "/hold",
                "/release",
            ] {
                for header in [
                    ("x", "y"),
                    ("authorization", TOKEN),
                    ("authorization", "Bearer"),
                    ("authorization", &format!("Basic {TOKEN}")),
                    ("authorization", &format!("Bearer {}", &TOKEN[1..])),
                    ("cookie", &format!("other={TOKEN}")),
                ] {
                    let answer = with(&internal, method, path, header).await;
                    assert_eq!(answer.status, 401, "{method} {path} {header:?}");
                    assert_eq!(answer.header("www-authenticate"), "Bearer");
                    let mut said: Vec<_> = answer
                        .headers
                        .iter()
                        .map(|(name, value)| format!("{name}: {value:?}"))
                        .collect();
                    said.sort();
                    told.insert((method == "HEAD" || method == "OPTIONS", answer.body, said));
                }
            }
            for path in ["/livez", "/readyz", "/metrics", "/", "/nowhere", "/hold"] {
                let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
                let answer = timeout(Duration::from_secs(10), raw(port, &request)).await.unwrap();
                assert!(answer.starts_with("HTTP/1.1 401 "), "{method} {path}: {answer}");
                assert!(!answer.contains("orders") && !answer.contains("1.2.3"), "{answer}");
            }
        }
    }
    // GET and POST; HEAD and OPTIONS, which have no body. OPTIONS has another length than HEAD.
    assert!(told.len() <= 3, "{told:?}");
    let bodies: Vec<_> = told
        .iter()
        .map(|(_, body, _)| body.as_str())
        .filter(|body| !body.is_empty())
        .collect();
    assert_eq!(bodies, ["{\"error\":\"unauthorized\"}\n"]);
}

#[tokio::test]
async fn with_the_token_the_internal_probes_answer_and_the_public_ones_never_need_it() {
    let (_state, builder) = app();
    let health = builder.start();
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    settled(&public, "/readyz", 200, "healthy").await;
    for header in [
        ("authorization", format!("Bearer {TOKEN}")),
        ("authorization", format!("bearer  {TOKEN}")),
        ("cookie", format!("a=b; health_token={TOKEN}; c")),
    ] {
        let answer = with(&internal, "GET", "/readyz", (header.0, &header.1)).await;
        assert_eq!(answer.status, 200, "{header:?}");
        assert!(answer.body.contains("checked_at"));
    }
    for path in ["/hold", "/release"] {
        assert_eq!(ask(&internal, "POST", path).await.status, 404, "the controls are off");
    }
}

#[tokio::test]
async fn an_operator_holds_readiness_and_releases_it_and_the_log_has_the_reason() {
    let (_state, builder) = app();
    let health = builder.operator_controls().start();
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    settled(&public, "/readyz", 200, "healthy").await;
    for method in ["GET", "HEAD", "DELETE"] {
        let answer = operator(&internal, method, "/hold").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, "POST"),
            "{method}"
        );
    }
    for wrong in ["for=10", "for=0s", "for=25h", "for=soon"] {
        let answer = operator(&internal, "POST", &format!("/hold?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.body.contains("for=10m"), "{}", answer.body);
    }
    let answer = operator(&internal, "POST", "/hold?reason=rotating+keys&for=1h30m").await;
    assert_eq!(
        answer.body,
        "{\"held\":true,\"reason\":\"rotating keys\",\"ends_in_s\":5400}\n"
    );
    let answer = settled(&public, "/readyz", 503, "unhealthy").await;
    assert!(
        answer.body.contains("\"reason\":\"held\"") && !answer.body.contains("rotating"),
        "{}",
        answer.body
    );
    let text = operator(&internal, "GET", "/readyz?verbose").await.body;
    assert!(text.starts_with("not ready"), "{text}");
    assert!(
        text.contains("held by \"rotating keys\" (ends in 1 h 29 min)"),
        "{text}"
    );
    let by_hand = health.hold("leader election");
    assert_eq!(operator(&internal, "POST", "/release").await.body, "{\"held\":false}\n");
    let text = operator(&internal, "GET", "/readyz?verbose").await.body;
    assert!(
        text.contains("held by \"leader election\"\n"),
        "the application still holds: {text}"
    );
    drop(by_hand);
    settled(&public, "/readyz", 200, "healthy").await;
    until("the log has both", async || {
        (LOG.lines("rotating keys").len() >= 2).then_some(())
    })
    .await;
    let lines = LOG.lines("rotating keys");
    assert!(lines.iter().any(|line| line.contains("readiness is held")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("a hold has ended")), "{lines:?}");
}

#[tokio::test]
async fn a_hold_ends_by_itself_and_a_second_one_replaces_the_first() {
    let (_state, builder) = app();
    let health = builder.operator_controls().start();
    let (public, internal): (Router, Router) = (health.router(), health.internal_router());
    settled(&public, "/readyz", 200, "healthy").await;
    operator(&internal, "POST", "/hold?for=10m").await;
    settled(&public, "/readyz", 503, "unhealthy").await;
    let second = operator(&internal, "POST", "/hold?for=1s").await;
    assert_eq!(
        second.body,
        "{\"held\":true,\"reason\":\"maintenance\",\"ends_in_s\":1}\n"
    );
    settled(&public, "/readyz", 503, "unhealthy").await;
    settled(&public, "/readyz", 200, "healthy").await;
}

#[tokio::test]
async fn the_start_refuses_a_weak_token_and_controls_without_a_token() {
    let refused = |builder: HealthBuilder<()>| match builder.try_start() {
        Err(StartError::Service(problem)) => problem,
        other => panic!("{other:?}"),
    };
    let problem = refused(Health::builder(()).internal_token("hunter2"));
    assert_eq!(
        problem,
        "`internal_token` is 7 characters long; use 16 to 256 random characters"
    );
    let problem = refused(Health::builder(()).internal_token("0123456789 abcdef"));
    assert!(
        problem.contains("has a character") && !problem.contains("0123456789"),
        "{problem}"
    );
    let problem = refused(Health::builder(()).operator_controls());
    assert!(problem.contains("add `internal_token`"), "{problem}");
    let builder = Health::builder(()).internal_token(TOKEN);
    assert!(!format!("{builder:?}").contains(TOKEN));
}
