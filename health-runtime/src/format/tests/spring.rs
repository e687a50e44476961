//! The response of Spring Boot Actuator. The keys are those of its documentation ("Health (health)" in the Actuator
//! REST API of Spring Boot 3) and of the classes `SystemHealth`, `CompositeHealth`, `Health` and `Status`.

use serde_json::{Value, json};

use super::{CHECKS, DETAILS, INTERNAL, STATUS, json as body_of};
use crate::format::Format;
use crate::outcome::{Outcome, Reason};
use crate::report::samples::{
    RUNBOOK, degraded, draining, fails, held, not_ready, obstacle, orders_db, ready, slow, stalled, starting, states,
    tasks, well, with_checks,
};
use crate::report::{CheckReport, Report, StartObstacle};
use crate::spec::Probe;

fn spring(report: &Report) -> Value {
    body_of(Format::Spring, report, &CHECKS)
}

/// Whether each key and each type is one that Actuator writes. A component may have components instead of details.
fn is_health(value: &Value, is_root: bool) -> bool {
    let Some(health) = value.as_object() else { return false };
    let statuses = ["UP", "DOWN", "OUT_OF_SERVICE", "UNKNOWN"];
    let has_status = health["status"]
        .as_str()
        .is_some_and(|status| statuses.contains(&status));
    has_status
        && health.iter().all(|(key, value)| match key.as_str() {
            "status" => true,
            "description" => value.as_str().is_some_and(|text| !text.is_empty()),
            "components" if is_root => value.as_object().is_some_and(|components| {
                !components.is_empty() && components.values().all(|one| is_health(one, false))
            }),
            "details" if !is_root => value.as_object().is_some_and(|details| !details.is_empty()),
            _ => false,
        })
}

#[test]
fn every_body_has_the_keys_of_actuator() {
    for report in states() {
        for scope in [CHECKS, DETAILS, STATUS, INTERNAL] {
            let body = body_of(Format::Spring, &report, &scope);
            assert!(is_health(&body, true), "{body:#}");
        }
    }
}

#[test]
fn a_service_that_is_well_is_up() {
    let db = CheckReport {
        latency: orders_db().latency,
        ..well("db")
    };
    let expected = json!({
        "status": "UP",
        "components": {
            "db": { "status": "UP", "details": { "critical": true, "latency_ms": 1.6 } },
        },
    });
    assert_eq!(spring(&with_checks(ready(Vec::new()), vec![db])), expected);
    assert_eq!(spring(&ready(Vec::new())), json!({ "status": "UP" }));
}

#[test]
fn a_service_that_fails_is_down_and_its_description_is_the_headline() {
    let mail = fails("mail", Reason::Timeout).caused_by("orders-db");
    let report = with_checks(not_ready(Vec::new()), vec![orders_db(), mail, slow("cache")]);
    let expected = json!({
        "status": "DOWN",
        "description":
            "not ready for 4 min: orders-db fails (error); 1 more fails because of it; cache is degraded (slow)",
        "components": {
            "orders-db": { "status": "DOWN", "details": { "critical": true, "latency_ms": 1.6, "reason": "error" } },
            "mail": {
                "status": "DOWN",
                "details": { "critical": true, "reason": "timeout", "cause": "orders-db" },
            },
            "cache": {
                "status": "UP",
                "details": { "critical": false, "status": "degraded", "latency_ms": 250.0, "reason": "slow" },
            },
        },
    });
    assert_eq!(spring(&report), expected);
}

#[test]
fn a_degraded_service_is_up_although_a_component_is_down() {
    let cache = CheckReport {
        critical: false,
        ..fails("cache", Reason::Error)
    };
    let body = spring(&with_checks(degraded(Vec::new()), vec![cache]));
    assert_eq!(
        (&body["status"], &body["components"]["cache"]["status"]),
        (&json!("UP"), &json!("DOWN"))
    );
    assert_eq!(
        body["description"],
        "degraded for 4 min, still ready: cache fails (error)"
    );
}

#[test]
fn a_service_that_takes_no_traffic_on_purpose_is_out_of_service() {
    for report in [
        draining(None),
        held(&[("maintenance", None)]),
        starting(Probe::Readiness, tasks(&["warm caches"])),
        starting(Probe::Startup, obstacle(StartObstacle::MarkStarted)),
    ] {
        assert_eq!(spring(&report)["status"], "OUT_OF_SERVICE");
    }
    for report in [
        stalled(Probe::Readiness),
        stalled(Probe::Liveness),
        not_ready(Vec::new()),
    ] {
        assert_eq!(spring(&report)["status"], "DOWN");
    }
}

#[test]
fn a_check_without_a_result_is_unknown() {
    let body = spring(&not_ready(vec![fails("db", Reason::Pending)]));
    assert_eq!(
        (&body["status"], &body["components"]["db"]["status"]),
        (&json!("DOWN"), &json!("UNKNOWN"))
    );
}

#[test]
fn internal_details_have_the_message_and_all_that_is_known() {
    let report = with_checks(not_ready(Vec::new()), vec![orders_db()]);
    let body = body_of(Format::Spring, &report, &INTERNAL);
    let expected = json!({
        "critical": true,
        "latency_ms": 1.6,
        "reason": "error",
        "error": "connection refused",
        "since": "2026-03-01T11:56:00.000Z",
        "checked_at": "2026-03-01T11:59:58.000Z",
        "consecutive_failures": 48,
        "description": "The database of the orders.",
        "runbook": RUNBOOK,
        "connections": 7,
        "primary": true,
    });
    assert_eq!(body["components"]["orders-db"]["details"], expected);
}

#[test]
fn a_detail_never_replaces_what_is_known_of_the_check() {
    let outcome = Outcome::healthy()
        .detail("critical", "no")
        .detail("reason", 7)
        .detail("size", 8);
    let db = CheckReport {
        details: outcome.details().into(),
        ..fails("db", Reason::Error)
    };
    let report = with_checks(not_ready(Vec::new()), vec![db]);
    let body = super::written(Format::Spring, &report, &DETAILS);
    let details = r#""details":{"critical":true,"reason":"error","size":8}"#;
    assert!(body.contains(details), "{body}");
}
