//! What a newcomer does: start the service, place an order, break payments and repair them.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Connection, Service, until};

fn payments(readiness: &Value) -> &Value {
    let checks = readiness["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "payments").unwrap()
}

/// Waits until payments are in this state. Returns the answer of readiness, which is a 200 all the time.
fn readiness_once(service: &Service, payments_status: &str, reason: Option<&str>) -> Value {
    let mut last = Value::Null;
    until(&format!("payments {payments_status} {reason:?}"), || {
        let answer = service.get("/readyz").unwrap();
        assert_eq!(answer.status, 200, "payments are not critical: {}", answer.body);
        last = answer.json();
        let check = payments(&last);
        check["status"] == payments_status && check["reason"].as_str() == reason
    });
    last
}

#[test]
fn the_walk_through_the_readme() {
    let service = Service::start();
    let mut connection = Connection::open(service.address).unwrap();

    let created = connection
        .send("POST", "/orders", r#"{"item":"tea","quantity":2}"#)
        .unwrap();
    assert_eq!(created.status, 201);
    assert_eq!(created.json(), json!({"id": 1, "item": "tea", "quantity": 2}));
    assert_eq!(
        connection.send("GET", "/orders", "").unwrap().json(),
        json!([created.json()])
    );

    let ready = readiness_once(&service, "healthy", None);
    assert_eq!(ready["status"], "healthy");
    assert_eq!(service.get("/startupz").unwrap().status, 200);
    assert_eq!(service.get("/livez").unwrap().status, 200);

    service.payments("off");
    assert_eq!(
        readiness_once(&service, "unhealthy", Some("error"))["status"],
        "degraded"
    );
    service.payments("on");
    assert_eq!(readiness_once(&service, "healthy", None)["status"], "healthy");
    service.payments("hang");
    assert_eq!(
        readiness_once(&service, "unhealthy", Some("timeout"))["status"],
        "degraded"
    );

    // Meanwhile, two whole runs of the check hang, for 500 ms each.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        for path in ["/orders", "/readyz", "/livez"] {
            let asked = Instant::now();
            assert_eq!(connection.send("GET", path, "").unwrap().status, 200);
            assert!(
                asked.elapsed() < Duration::from_millis(250),
                "{path} took {:?}",
                asked.elapsed()
            );
        }
    }

    service.payments("on");
    assert_eq!(readiness_once(&service, "healthy", None)["status"], "healthy");
}

#[test]
fn orders_survive_a_restart() {
    let mut service = Service::start();
    let order = r#"{"item":"tea","quantity":2}"#;
    assert_eq!(
        Connection::open(service.address)
            .unwrap()
            .send("POST", "/orders", order)
            .unwrap()
            .status,
        201
    );
    service.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(service.wait().code(), Some(0));

    let again = service.restart();
    assert_eq!(
        again.get("/orders").unwrap().json(),
        json!([{"id": 1, "item": "tea", "quantity": 2}])
    );
}

#[test]
fn a_bad_order_gets_a_4xx_answer() {
    let service = Service::start();
    let mut connection = Connection::open(service.address).unwrap();
    for order in [
        "",
        "{",
        r#"{"item":"tea"}"#,
        r#"{"item":" ","quantity":1}"#,
        r#"{"item":"tea","quantity":0}"#,
    ] {
        let answer = connection.send("POST", "/orders", order).unwrap();
        assert!((400..500).contains(&answer.status), "{order}: {answer:?}");
    }
    assert_eq!(connection.send("GET", "/orders", "").unwrap().json(), json!([]));
}

#[test]
fn a_lost_database_fails_readiness_and_the_public_answer_hides_the_error() {
    let service = Service::start();
    for entry in std::fs::read_dir(service.directory.path()).unwrap().map(Result::unwrap) {
        if entry.file_name() != "log" {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    until("not ready", || service.get("/readyz").unwrap().status == 503);
    let answer = service.get("/readyz").unwrap();
    assert_eq!(answer.json()["status"], "unhealthy");
    assert!(
        !answer.body.contains("gone") && !answer.body.contains(".db"),
        "{}",
        answer.body
    );
    assert_eq!(service.get("/livez").unwrap().status, 200);
}
