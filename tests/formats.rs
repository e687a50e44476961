//! The formats over HTTP: how a client chooses one, what the text format says of excluded checks, and that no secret
//! reaches the public in any of them.

#[path = "formats/secrets.rs"]
mod secrets;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use health_runtime::{Flag, Health, HealthState, Public};
use health_tests::{Answer, Many, ask, get, send, settled};

#[derive(Clone, HealthState)]
#[health(name = "orders", version = "1.2.3")]
struct App {
    #[health_check(critical, groups("core"))]
    db: Flag,
    #[health_check(nested)]
    billing: Billing,
    #[health_check]
    cache: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

#[derive(Clone, HealthState)]
struct Billing {
    #[health_check(critical)]
    ledger: Flag,
    #[health_check]
    mail: Flag,
}

impl App {
    fn healthy() -> Self {
        Self {
            db: Flag::healthy(),
            billing: Billing {
                ledger: Flag::healthy(),
                mail: Flag::healthy(),
            },
            cache: Flag::healthy(),
            worker: Flag::healthy(),
        }
    }
}

async fn started() -> (App, Health, Router) {
    let state = App::healthy();
    let health = state.start_health();
    let app = health.router();
    settled(&app, "/health", 200, "healthy").await;
    (state, health, app)
}

async fn accepting(app: &Router, uri: &str, accept: &str) -> Answer {
    let request = Request::get(uri).header("accept", accept);
    send(app, request.body(Body::empty()).unwrap()).await
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const HEALTH_JSON: &str = "application/health+json";
const SPRING: &str = "application/vnd.spring-boot.actuator.v3+json";

/// The names of the formats, the types of their bodies, and how the body of a healthy service begins.
const NAMES: [(&str, &str, &str); 8] = [
    ("json", JSON, r#"{"status":"healthy","service":"orders""#),
    ("text", TEXT, "ok"),
    ("health+json", HEALTH_JSON, r#"{"status":"pass","serviceId":"orders""#),
    ("health%2Bjson", HEALTH_JSON, r#"{"status":"pass","serviceId":"orders""#),
    ("health-json", HEALTH_JSON, r#"{"status":"pass","serviceId":"orders""#),
    ("spring", SPRING, r#"{"status":"UP","components":{""#),
    ("microprofile", JSON, r#"{"status":"UP","checks":[{"name":""#),
    ("aspnet", JSON, r#"{"status":"Healthy","totalDuration":"00:00:00"#),
];

#[tokio::test]
async fn the_query_chooses_the_format_and_counts_before_the_header() {
    let (state, health, app) = started().await;
    let internal = health.internal_router();
    for (name, content_type, begins) in NAMES {
        for app in [&app, &internal] {
            for (uri, accept) in [
                (format!("/readyz?format={name}"), "*/*"),
                (format!("/readyz?format={name}"), "text/plain"),
                (format!("/health?group=core&format={name}"), "application/json"),
            ] {
                let answer = accepting(app, &uri, accept).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.header("content-type")),
                    (200, content_type),
                    "{uri}"
                );
                assert!(answer.body.starts_with(begins), "{uri}: {}", answer.body);
                assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{uri}");
                assert_eq!(answer.header("x-content-type-options"), "nosniff", "{uri}");
                assert_eq!(answer.header("cache-control"), "no-store", "{uri}");
            }
        }
    }
    state.db.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    for (name, content_type, _) in NAMES {
        for (method, uri) in [
            ("GET", format!("/readyz?format={name}")),
            ("HEAD", format!("/readyz?format={name}")),
            ("GET", format!("/readyz/db?format={name}")),
        ] {
            let answer = ask(&app, method, &uri).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("content-type")),
                (503, content_type),
                "{uri}"
            );
        }
    }
}

#[tokio::test]
async fn the_header_chooses_the_format() {
    let (_state, _health, app) = started().await;
    for (accept, content_type) in [
        ("*/*", JSON),
        ("application/json;charset=utf-8", JSON),
        ("text/plain", TEXT),
        ("text/plain, text/*, */*", TEXT), // Consul
        ("application/health+json", HEALTH_JSON),
        ("application/health+json;q=0.9, application/json;q=0.8", HEALTH_JSON),
        ("application/vnd.spring-boot.actuator.v3+json, application/json", SPRING),
        ("image/png", JSON),
        ("nonsense", JSON),
    ] {
        for uri in ["/livez", "/readyz", "/startupz", "/health", "/readyz/db"] {
            let answer = accepting(&app, uri, accept).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("content-type")),
                (200, content_type),
                "{accept}"
            );
        }
    }
}

#[tokio::test]
async fn the_answer_is_the_same_whichever_format_was_asked_for_before() {
    let (_state, _health, app) = started().await;
    for _ in 0..2 {
        for (name, _, begins) in NAMES.iter().chain(NAMES.iter().rev()) {
            let body = get(&app, &format!("/health?format={name}")).await.body;
            assert!(body.starts_with(begins), "{name}: {body}");
        }
        assert!(get(&app, "/health").await.body.starts_with(NAMES[0].2));
    }
}

#[tokio::test]
async fn an_unknown_format_is_not_found_and_the_answer_lists_the_names() {
    let (_state, _health, app) = started().await;
    for uri in [
        "/readyz?format=xml",
        "/readyz?format=",
        "/readyz?format",
        "/readyz/db?format=JSON",
    ] {
        let answer = get(&app, uri).await;
        let why = "no such format; the formats are json, text, health+json, spring, microprofile, aspnet";
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (404, Some(why)),
            "{uri}"
        );
    }
    assert_eq!(ask(&app, "POST", "/readyz?format=xml").await.status, 405);
}

#[tokio::test]
async fn the_text_lists_checks_in_the_order_of_declaration_also_where_one_fails() {
    let (state, _health, app) = started().await;
    let body = get(&app, "/readyz?verbose").await.body;
    let (headline, lines) = body.split_once('\n').unwrap();
    assert!(headline.starts_with("ready"), "{headline}");
    assert_eq!(
        lines,
        "[+]db ok\n[+]billing.ledger ok\n[+]billing.mail ok\n[+]cache ok\nreadyz check passed\n"
    );
    state.billing.ledger.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    let answer = accepting(&app, "/readyz", "text/plain").await;
    let (headline, lines) = answer.body.split_once('\n').unwrap();
    assert!(headline.ends_with(": billing.ledger fails (reported)"), "{headline}");
    assert_eq!(
        lines,
        "[+]db ok\n[-]billing.ledger failed: reason withheld\n[+]billing.mail ok\n[+]cache ok\nreadyz check failed\n"
    );
    assert_eq!(get(&app, "/readyz?format=text").await.body, answer.body);
    let one = get(&app, "/readyz/billing.ledger?format=text").await;
    assert_eq!(
        (one.status.as_u16(), &*one.body),
        (503, "internal server error: reported\n")
    );
    assert_eq!(get(&app, "/readyz/db?format=text").await.body, "ok");
}

#[tokio::test]
async fn the_text_says_which_checks_are_excluded() {
    let (_state, _health, app) = started().await;
    let lines = async |uri: &str| {
        let body = get(&app, uri).await.body;
        body.split_once('\n').expect("a headline").1.to_owned()
    };
    assert_eq!(
        lines("/readyz?verbose&exclude=db&exclude=billing").await,
        "[+]db excluded: ok\n[+]billing.ledger excluded with billing: ok\n[+]billing.mail excluded with billing: \
         ok\n[+]cache ok\nreadyz check passed\n"
    );
    // `worker` is in another probe, and `db` is not in `billing`.
    let warning = "warn: some health checks cannot be excluded: no matches for";
    assert_eq!(
        lines("/readyz?verbose&exclude=worker&exclude=typo&exclude=billing").await,
        format!(
            "[+]db ok\n[+]billing.ledger excluded with billing: ok\n[+]billing.mail excluded with billing: \
             ok\n[+]cache ok\n{warning} \"typo\",\"worker\"\nreadyz check passed\n"
        )
    );
    assert_eq!(
        lines("/readyz/billing?verbose&exclude=db&exclude=billing.mail").await,
        format!("[+]billing.ledger ok\n[+]billing.mail excluded: ok\n{warning} \"db\"\nreadyz check passed\n")
    );
    assert_eq!(
        lines("/readyz?verbose&group=core&exclude=cache").await,
        format!("[+]db ok\n{warning} \"cache\"\nreadyz check passed\n")
    );
    assert_eq!(get(&app, "/readyz?format=text&exclude=typo").await.body, "ok");
}

#[tokio::test]
async fn a_hundred_failures_with_long_messages_fit_into_four_kib_in_every_format() {
    let long = || Err("\"x\\".repeat(3_500).into());
    for public in [Public::CheckStates, Public::Details] {
        let health = Health::builder(Many::<100>(long)).public(public).start();
        let app = health.router();
        settled(&app, "/readyz", 503, "unhealthy").await;
        for (name, ..) in NAMES {
            for uri in [
                format!("/readyz?format={name}"),
                format!("/health?verbose&format={name}"),
            ] {
                let answer = get(&app, &uri).await;
                assert_eq!(answer.status, 503, "{uri}");
                assert!(answer.body.len() < 4096, "{uri}: {}", answer.body.len());
            }
        }
    }
}
