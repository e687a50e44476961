//! The response of MicroProfile Health 4.0: the schema and the examples of its specification, appendix B ("JSON payload
//! specification").

use serde_json::{Value, json};

use super::{CHECKS, DETAILS, INTERNAL, STATUS, json as body_of};
use crate::format::Format;
use crate::outcome::Reason;
use crate::report::samples::{draining, fails, not_ready, orders_db, ready, slow, states, well, with_checks};
use crate::report::{CheckReport, Report};

fn microprofile(report: &Report) -> Value {
    body_of(Format::MicroProfile, report, &CHECKS)
}

/// Whether the schema of the specification allows this body. It allows no other key, and only booleans, numbers and
/// texts as data.
fn is_valid(body: &Value) -> bool {
    let is_status = |value: &Value| matches!(value.as_str(), Some("UP" | "DOWN"));
    let is_datum = |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
    let is_check = |check: &Value| {
        let keys = check
            .as_object()
            .map(|check| check.keys().all(|key| ["name", "status", "data"].contains(&&**key)));
        let data = check
            .get("data")
            .is_none_or(|data| data.as_object().is_some_and(|data| data.values().all(is_datum)));
        keys == Some(true) && check["name"].is_string() && is_status(&check["status"]) && data
    };
    let keys = body
        .as_object()
        .map(|body| body.keys().all(|key| ["status", "checks"].contains(&&**key)));
    let checks = body["checks"].as_array();
    keys == Some(true) && is_status(&body["status"]) && checks.is_some_and(|checks| checks.iter().all(is_check))
}

#[test]
fn every_body_is_allowed_by_the_schema() {
    for report in states() {
        for scope in [CHECKS, DETAILS, STATUS, INTERNAL] {
            let body = body_of(Format::MicroProfile, &report, &scope);
            assert!(is_valid(&body), "{body:#}");
        }
    }
}

#[test]
fn a_service_that_is_well_is_up() {
    let report = with_checks(ready(Vec::new()), vec![well("myCheck")]);
    let expected = json!({
        "status": "UP",
        "checks": [{ "name": "myCheck", "status": "UP", "data": { "critical": true } }],
    });
    assert_eq!(microprofile(&report), expected);
}

#[test]
fn a_service_without_checks_is_up() {
    assert_eq!(
        microprofile(&ready(Vec::new())),
        json!({ "status": "UP", "checks": [] })
    );
}

#[test]
fn a_service_that_fails_is_down_and_says_why_in_an_entry_of_its_own() {
    let second = CheckReport {
        latency: orders_db().latency,
        ..well("second-check")
    };
    let report = with_checks(not_ready(Vec::new()), vec![fails("first-check", Reason::Error), second]);
    let expected = json!({
        "status": "DOWN",
        "checks": [
            {
                "name": "Service",
                "status": "DOWN",
                "data": { "headline": "not ready for 4 min: first-check fails (error)" },
            },
            { "name": "first-check", "status": "DOWN", "data": { "critical": true, "reason": "error" } },
            { "name": "second-check", "status": "UP", "data": { "critical": true, "latency_ms": 1.6 } },
        ],
    });
    assert_eq!(microprofile(&report), expected);
}

#[test]
fn a_service_that_drains_is_down_although_its_checks_are_up() {
    let expected = json!({
        "status": "DOWN",
        "checks": [
            {
                "name": "Service",
                "status": "DOWN",
                "data": {
                    "headline": "draining for 12 s: the drain is over; finishes the requests in flight",
                    "reason": "draining",
                },
            },
            { "name": "db", "status": "UP", "data": { "critical": true } },
        ],
    });
    assert_eq!(microprofile(&with_checks(draining(None), vec![well("db")])), expected);
}

#[test]
fn a_degraded_check_is_up_and_its_data_say_so() {
    let body = microprofile(&with_checks(ready(Vec::new()), vec![slow("cache")]));
    let expected = json!({ "critical": false, "status": "degraded", "latency_ms": 250.0, "reason": "slow" });
    assert_eq!(
        (&body["checks"][0]["status"], &body["checks"][0]["data"]),
        (&json!("UP"), &expected)
    );
}

#[test]
fn the_internal_data_have_the_message() {
    let report = with_checks(not_ready(Vec::new()), vec![orders_db()]);
    let body = body_of(Format::MicroProfile, &report, &INTERNAL);
    assert_eq!(body["checks"][1]["data"]["message"], "connection refused");
    assert_eq!(body["checks"][1]["data"]["connections"], 7);
}
