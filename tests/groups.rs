//! `?group=`: a probe for the checks of a group only.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use health_runtime::{CheckResult, CheckSpec, Flag, Health, HealthCheck, HealthState};
use health_tests::{Answer, get, settled};

#[derive(Clone, HealthState)]
struct Billing {
    #[health_check(critical, groups("db"))]
    ledger: Flag,
}

#[derive(Clone, HealthState)]
struct Shop {
    #[health_check(critical, groups("db", "core"))]
    orders: Flag,
    #[health_check(critical, groups("core"))]
    queue: Flag,
    #[health_check(critical)]
    mail: Flag,
    #[health_check(liveness, groups("workers"))]
    consumer: Flag,
    #[health_check(nested)]
    billing: Billing,
}

impl Shop {
    fn healthy() -> Self {
        let healthy = Flag::healthy;
        Self {
            orders: healthy(),
            queue: healthy(),
            mail: healthy(),
            consumer: healthy(),
            billing: Billing { ledger: healthy() },
        }
    }
}

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let checks = body["checks"].as_array().expect("an answer to a probe");
    checks
        .iter()
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_query_for_a_group_has_only_the_checks_of_the_group() {
    let shop = Shop::healthy();
    let app = shop.start_health().router();
    settled(&app, "/health", 200, "healthy").await;
    for (uri, expected) in [
        ("/readyz?group=core", &["orders", "queue"][..]),
        ("/readyz?group=db", &["orders", "billing.ledger"]),
        ("/readyz?group=db&group=core", &["orders", "queue", "billing.ledger"]),
        ("/readyz?group=db&exclude=billing", &["orders"]),
        ("/health?group=workers", &["consumer"]),
        ("/readyz/billing?group=db", &["billing.ledger"]),
        ("/readyz/orders?group=core", &["orders"]),
    ] {
        let answer = get(&app, uri).await;
        assert_eq!(
            (answer.status.as_u16(), names(&answer)),
            (200, expected.iter().map(|name| (*name).to_owned()).collect()),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn a_group_fails_with_its_own_checks_and_no_others() {
    let shop = Shop::healthy();
    let health = shop.start_health();
    let app = health.router();
    shop.mail.set_unhealthy("no relay");
    settled(&app, "/readyz", 503, "unhealthy").await;
    settled(&app, "/readyz?group=core", 200, "healthy").await;
    shop.queue.set_unhealthy("full");
    settled(&app, "/readyz?group=core", 503, "unhealthy").await;
    settled(&app, "/health?group=core", 503, "unhealthy").await;
    settled(&app, "/readyz?group=db", 200, "healthy").await;
    settled(&app, "/readyz?group=db&group=core", 503, "unhealthy").await;
    health.drain();
    let answer = get(&app, "/readyz?group=db").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["reason"]),
        (503, &"draining".into())
    );
}

#[tokio::test]
async fn a_group_that_the_probe_does_not_have_is_not_found() {
    let app = Shop::healthy().start_health().router();
    settled(&app, "/health", 200, "healthy").await;
    for uri in [
        "/readyz?group=croe",
        "/readyz?group=",
        "/readyz?group=core&group=croe",
        "/readyz?group=workers",
        "/health?group=CORE",
        "/livez?group=workers",
        "/startupz?group=core",
        "/readyz/mail?group=core",
        "/readyz/billing?group=core",
    ] {
        let answer = get(&app, uri).await;
        assert_eq!(answer.status, 404, "{uri}: {}", answer.body);
        assert!(answer.body.contains("no such group"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_query_with_more_than_64_names_is_refused() {
    let app = Shop::healthy().start_health().router();
    settled(&app, "/health", 200, "healthy").await;
    for name in ["group=core", "exclude=orders", "exclude=typo"] {
        let query = |names| vec![name; names].join("&");
        assert_eq!(get(&app, &format!("/readyz?verbose&{}", query(64))).await.status, 200);
        assert_eq!(get(&app, &format!("/readyz?verbose&{}", query(65))).await.status, 404);
    }
}

#[tokio::test]
async fn a_group_without_remaining_checks_is_not_found() {
    let shop = Shop::healthy();
    let app = shop.start_health().router();
    settled(&app, "/health", 200, "healthy").await;
    for uri in [
        "/readyz?group=core&exclude=orders&exclude=queue",
        "/readyz/billing?group=db&exclude=billing.ledger",
        "/health?group=workers&exclude=consumer",
    ] {
        let answer = get(&app, uri).await;
        assert_eq!(answer.status, 404, "{uri}: {}", answer.body);
        assert!(
            answer.body.contains("no check of this probe is left"),
            "{}",
            answer.body
        );
    }
    let answer = get(&app, "/readyz?group=core&exclude=orders&exclude=consumer&exclude=typo").await;
    assert_eq!(
        (answer.status.as_u16(), names(&answer)),
        (200, vec!["queue".to_owned()])
    );
}

#[tokio::test]
async fn a_service_without_checks_is_ready_whatever_is_excluded() {
    #[derive(Clone, HealthState)]
    struct Nothing;
    let app = Nothing.start_health().router();
    for uri in ["/readyz?exclude=db", "/readyz?exclude=", "/health?exclude=db"] {
        settled(&app, uri, 200, "healthy").await;
    }
}

/// A check that asks a probe of another service, which is down.
#[derive(Clone)]
struct Asking(u16);

/// The port of the other service.
const PEER: Asking = Asking(8080);

impl HealthCheck for Asking {
    fn asks_probe(&self) -> bool {
        true
    }

    async fn check(&self) -> CheckResult {
        Err(format!("port {} is down", self.0).into())
    }
}

#[derive(Clone, HealthState)]
struct Inner {
    #[health_check(critical)]
    own: Asking,
}

#[derive(Clone, HealthState)]
struct Peers {
    #[health_check(critical)]
    db: Flag,
    #[health_check(critical)]
    own: Asking,
    #[health_check(critical)]
    shared: Arc<Asking>,
    #[health_check(critical)]
    boxed: Box<Asking>,
    #[health_check(critical)]
    optional: Option<Asking>,
    #[health_check(critical)]
    list: Vec<Asking>,
    #[health_check(critical)]
    map: BTreeMap<String, Asking>,
    #[health_check(critical)]
    set_once: OnceLock<Asking>,
    #[health_check(nested)]
    inner: Inner,
}

#[tokio::test]
async fn a_probe_that_another_service_asks_leaves_out_every_check_that_asks_in_turn() {
    let peers = Peers {
        db: Flag::healthy(),
        own: PEER,
        shared: Arc::new(PEER),
        boxed: Box::new(PEER),
        optional: Some(PEER),
        list: vec![PEER],
        map: BTreeMap::from([("a".to_owned(), PEER)]),
        set_once: OnceLock::from(PEER),
        inner: Inner { own: PEER },
    };
    let health = Health::builder(peers.clone())
        .check(CheckSpec::new("by-hand").critical(), PEER)
        .start();
    let app = health.router();
    let answer = settled(&app, "/readyz", 503, "unhealthy").await;
    assert_eq!(names(&answer).len(), 10);
    for uri in ["/readyz?hops=1", "/readyz?hops", "/health?hops=1&exclude=own"] {
        let answer = settled(&app, uri, 200, "healthy").await;
        assert_eq!(names(&answer), ["db"], "{uri}");
    }
    peers.db.set_unhealthy("down");
    settled(&app, "/readyz?hops=1", 503, "unhealthy").await;
}

#[tokio::test]
async fn a_service_that_only_asks_others_is_ready_for_them() {
    let health = Health::builder(())
        .check(CheckSpec::new("peer").critical(), PEER)
        .start();
    let app = health.router();
    settled(&app, "/readyz", 503, "unhealthy").await;
    settled(&app, "/readyz?hops=1", 200, "healthy").await;
    health.drain();
    settled(&app, "/readyz?hops=1", 503, "unhealthy").await;
}
