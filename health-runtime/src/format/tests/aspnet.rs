//! What `UIResponseWriter` writes: the members of `UIHealthReport` and `UIHealthReportEntry` in camel case, without
//! those that are null, and with names for statuses. The sources are `src/HealthChecks.UI.Client` and
//! `src/HealthChecks.UI.Core` of Xabaril/AspNetCore.Diagnostics.HealthChecks.

use serde_json::{Value, json};

use super::{CHECKS, DETAILS, INTERNAL, STATUS, json as body_of, written};
use crate::format::Format;
use crate::report::Report;
use crate::report::samples::{draining, not_ready, orders_db, ready, slow, states, well, with_checks};

fn aspnet(report: &Report) -> Value {
    body_of(Format::AspNet, report, &CHECKS)
}

/// Whether `TimeSpan.Parse` takes this text, in the format `c`.
fn is_time_span(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let (clock, fraction) = match text.rsplit_once('.') {
        Some((clock, fraction)) if clock.contains(':') => (clock, Some(fraction)),
        _ => (text, None),
    };
    let clock = clock.rsplit_once('.').map_or(clock, |(_days, clock)| clock);
    let is_number = |digits: &str, count| digits.len() == count && digits.bytes().all(|digit| digit.is_ascii_digit());
    clock.split(':').count() == 3
        && clock.split(':').all(|digits| is_number(digits, 2))
        && fraction.is_none_or(|fraction| is_number(fraction, 7))
}

fn is_status(value: &Value) -> bool {
    matches!(value.as_str(), Some("Healthy" | "Degraded" | "Unhealthy"))
}

fn is_entry(entry: &Value) -> bool {
    let has = ["data", "duration", "status", "tags"]
        .iter()
        .all(|key| entry.get(*key).is_some());
    has && entry.as_object().is_some_and(|entry| {
        entry.iter().all(|(key, value)| match key.as_str() {
            "data" => value.is_object(),
            "description" | "exception" => value.as_str().is_some_and(|text| !text.is_empty()),
            "duration" => is_time_span(value),
            "status" => is_status(value),
            "tags" => value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)),
            _ => false,
        })
    })
}

#[test]
fn every_body_can_be_read_by_the_ui() {
    for report in states() {
        for scope in [CHECKS, DETAILS, STATUS, INTERNAL] {
            let body = body_of(Format::AspNet, &report, &scope);
            assert_eq!(body.as_object().map(serde_json::Map::len), Some(3), "{body:#}");
            assert!(
                is_status(&body["status"]) && is_time_span(&body["totalDuration"]),
                "{body:#}"
            );
            let entries = body["entries"].as_object().expect("an object");
            assert!(entries.values().all(is_entry), "{body:#}");
        }
    }
}

#[test]
fn a_service_that_is_well_is_healthy() {
    let report = with_checks(ready(Vec::new()), vec![well("db")]);
    let body = written(Format::AspNet, &report, &CHECKS);
    let expected = concat!(
        r#"{"status":"Healthy","totalDuration":"00:00:00","entries":"#,
        r#"{"db":{"data":{"critical":true},"duration":"00:00:00","status":"Healthy","tags":[]}}}"#,
        "\n"
    );
    assert_eq!(body, expected, "also the order of the keys is theirs");
}

#[test]
fn a_service_that_fails_is_unhealthy_and_says_why_in_an_entry_of_its_own() {
    let report = with_checks(not_ready(Vec::new()), vec![orders_db(), slow("cache")]);
    let headline = "not ready for 4 min: orders-db fails (error); cache is degraded (slow)";
    let expected = json!({
        "status": "Unhealthy",
        "totalDuration": "00:00:00.2500000",
        "entries": {
            "Service": {
                "data": { "headline": headline },
                "description": headline,
                "duration": "00:00:00",
                "status": "Unhealthy",
                "tags": [],
            },
            "orders-db": {
                "data": { "critical": true, "latency_ms": 1.6, "reason": "error" },
                "description": "error",
                "duration": "00:00:00.0016000",
                "status": "Unhealthy",
                "tags": [],
            },
            "cache": {
                "data": { "critical": false, "status": "degraded", "latency_ms": 250.0, "reason": "slow" },
                "description": "slow",
                "duration": "00:00:00.2500000",
                "status": "Degraded",
                "tags": [],
            },
        },
    });
    assert_eq!(aspnet(&report), expected);
}

#[test]
fn the_internal_entry_has_the_message_as_description_and_exception_and_the_groups_as_tags() {
    let report = with_checks(not_ready(Vec::new()), vec![orders_db()]);
    let entry = body_of(Format::AspNet, &report, &INTERNAL)["entries"]["orders-db"].clone();
    assert_eq!(entry["description"], "connection refused");
    assert_eq!(entry["exception"], "connection refused");
    assert_eq!(entry["tags"], json!(["core", "sql"]));
    assert_eq!(entry["data"]["connections"], 7);
}

#[test]
fn the_reason_of_a_service_that_drains_is_in_its_entry() {
    let body = aspnet(&with_checks(draining(None), vec![well("db")]));
    assert_eq!(body["entries"]["Service"]["data"]["reason"], "draining");
    assert_eq!(body["entries"]["db"]["status"], "Healthy");
}
