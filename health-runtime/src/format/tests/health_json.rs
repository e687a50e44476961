//! The rules of draft-inadarei-api-health-check-06, as a validator that is stricter than the draft: each "should" is a
//! "must", apart from the freshness of a response. The draft's own example is no oracle, because it breaks some of its
//! rules.

use serde_json::{Map, Value, json};

use super::{CHECKS, DETAILS, INTERNAL, STATUS, code, json as body_of};
use crate::format::Format;
use crate::report::samples::{RUNBOOK, not_ready, orders_db, slow, states, well, with_checks};

/// The rules that a body breaks.
#[derive(Default)]
struct Broken(Vec<&'static str>);

impl Broken {
    fn unless(&mut self, holds: bool, rule: &'static str) {
        if !holds {
            self.0.push(rule);
        }
    }

    /// The body of an answer with this code.
    fn check_root(&mut self, code: u16, root: &Map<String, Value>) {
        let status = root.get("status").and_then(Value::as_str);
        self.unless(matches!(status, Some("pass" | "warn" | "fail")), "a status");
        let codes = if status == Some("fail") { 400..600 } else { 200..400 };
        self.unless(codes.contains(&code), "a code that fits the status");
        let known = [
            "status",
            "version",
            "releaseId",
            "notes",
            "output",
            "checks",
            "links",
            "serviceId",
            "description",
        ];
        self.unless(root.keys().all(|key| known.contains(&&**key)), "only known keys");
        for key in ["version", "releaseId", "output", "serviceId", "description"] {
            self.unless(root.get(key).is_none_or(is_text), "texts");
        }
        self.unless(root.get("notes").is_none_or(is_list_of_texts), "a list of notes");
        self.unless(root.get("links").is_none_or(is_links), "links");
        self.unless(
            status != Some("pass") || !root.contains_key("output"),
            "no output if it passes",
        );
        let says_more = ["notes", "output", "checks"].iter().any(|key| root.contains_key(*key));
        // A client has to expect a body that is reduced to the status.
        self.unless(
            status != Some("warn") || says_more || root.len() == 1,
            "a warning says more",
        );
        match root.get("checks").map(Value::as_object) {
            None => {}
            Some(None) => self.unless(false, "an object of checks"),
            Some(Some(checks)) => checks.iter().for_each(|(key, nodes)| self.check_entry(key, nodes)),
        }
    }

    fn check_entry(&mut self, key: &str, nodes: &Value) {
        let (component, measurement) = key.split_once(':').unwrap_or(("", key));
        self.unless(!measurement.contains(':'), "a key with one colon");
        let terms = ["utilization", "responseTime", "connections", "uptime"];
        self.unless(terms.contains(&measurement), "a measurement of the draft");
        let nodes = nodes.as_array().map_or(&[][..], Vec::as_slice);
        self.unless(!nodes.is_empty(), "an array of nodes");
        for node in nodes {
            match node.as_object() {
                Some(node) => self.check_node(!component.is_empty(), node),
                None => self.unless(false, "each node an object"),
            }
        }
    }

    fn check_node(&mut self, has_component: bool, node: &Map<String, Value>) {
        let known = [
            "componentId",
            "componentType",
            "observedValue",
            "observedUnit",
            "status",
            "affectedEndpoints",
            "time",
            "output",
            "links",
        ];
        let ours = ["critical", "cause", "details"];
        let is_known = |key: &str| known.contains(&key) || ours.contains(&key);
        self.unless(node.keys().all(|key| is_known(key)), "only known keys");
        self.unless(known.iter().any(|key| node.contains_key(*key)), "a key of the draft");
        let status = node.get("status").and_then(Value::as_str);
        self.unless(matches!(status, Some("pass" | "warn" | "fail")), "a status");
        for key in ["componentId", "observedUnit", "time", "output"] {
            self.unless(node.get(key).is_none_or(is_text), "texts");
        }
        let kind = node.get("componentType").and_then(Value::as_str);
        let is_kind = matches!(kind, Some("component" | "datastore" | "system"));
        self.unless(is_kind || (kind.is_none() && !has_component), "the type of a component");
        self.unless(
            node.contains_key("observedValue") == node.contains_key("observedUnit"),
            "a value has a unit",
        );
        let passes = status == Some("pass");
        self.unless(!(passes && node.contains_key("output")), "no output if it passes");
        self.unless(
            !(passes && node.contains_key("affectedEndpoints")),
            "no endpoints if it passes",
        );
        let time = node.get("time").and_then(Value::as_str);
        self.unless(time.is_none_or(is_date), "a date");
        self.unless(node.get("links").is_none_or(is_links), "links");
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn is_list_of_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(is_text))
}

fn is_links(value: &Value) -> bool {
    let is_uri = |value: &Value| value.as_str().is_some_and(|uri| uri.contains("://"));
    value.as_object().is_some_and(|links| links.values().all(is_uri))
}

fn is_date(text: &str) -> bool {
    humantime::parse_rfc3339(text).is_ok()
}

fn broken(code: u16, body: &Value) -> Vec<&'static str> {
    let mut broken = Broken::default();
    match body.as_object() {
        Some(root) => broken.check_root(code, root),
        None => broken.unless(false, "an object"),
    }
    broken.0
}

#[test]
fn every_body_keeps_the_rules_of_the_draft() {
    for report in states() {
        for scope in [CHECKS, DETAILS, STATUS, INTERNAL] {
            let body = body_of(Format::HealthJson, &report, &scope);
            assert_eq!(broken(code(&report), &body), [""; 0], "{body:#}");
        }
    }
}

#[test]
fn the_validator_finds_what_breaks_a_rule() {
    let node = |node: Value| json!({ "status": "fail", "checks": { "db:responseTime": [node] } });
    let table = [
        (503, json!([]), "an object"),
        (200, json!({}), "a status"),
        (200, json!({ "status": "ok" }), "a status"),
        (503, json!({ "status": "pass" }), "a code that fits the status"),
        (
            503,
            json!({ "status": "warn", "output": "x" }),
            "a code that fits the status",
        ),
        (200, json!({ "status": "fail" }), "a code that fits the status"),
        (200, json!({ "status": "pass", "release_id": "1" }), "only known keys"),
        (200, json!({ "status": "pass", "output": "" }), "no output if it passes"),
        (200, json!({ "status": "pass", "serviceId": 7 }), "texts"),
        (200, json!({ "status": "pass", "notes": "x" }), "a list of notes"),
        (200, json!({ "status": "pass", "notes": [""] }), "a list of notes"),
        (200, json!({ "status": "pass", "links": { "help": "wiki" } }), "links"),
        (
            200,
            json!({ "status": "warn", "serviceId": "orders" }),
            "a warning says more",
        ),
        (200, json!({ "status": "pass", "checks": [] }), "an object of checks"),
        (
            200,
            json!({ "status": "pass", "checks": { "a:b:uptime": [] } }),
            "a key with one colon",
        ),
        (
            200,
            json!({ "status": "pass", "checks": { "db:latency": [] } }),
            "a measurement of the draft",
        ),
        (
            200,
            json!({ "status": "pass", "checks": { "uptime": {} } }),
            "an array of nodes",
        ),
        (
            200,
            json!({ "status": "pass", "checks": { "uptime": [7] } }),
            "each node an object",
        ),
        (503, node(json!({ "critical": true })), "a key of the draft"),
        (
            503,
            node(json!({ "status": "fail", "componenttype": "system" })),
            "only known keys",
        ),
        (503, node(json!({ "status": "fail" })), "the type of a component"),
        (503, node(json!({ "componentType": "component" })), "a status"),
        (
            503,
            node(json!({ "componentType": "component", "observedValue": 7 })),
            "a value has a unit",
        ),
        (
            503,
            node(json!({ "status": "pass", "output": "x" })),
            "no output if it passes",
        ),
        (
            503,
            node(json!({ "status": "pass", "affectedEndpoints": [] })),
            "no endpoints if it passes",
        ),
        (503, node(json!({ "status": "fail", "time": "noon" })), "a date"),
        (503, node(json!({ "status": "fail", "links": [] })), "links"),
    ];
    for (code, body, rule) in table {
        assert!(broken(code, &body).contains(&rule), "{rule}: {body:#}");
    }
}

#[test]
fn the_public_body_is_as_documented() {
    let report = with_checks(
        not_ready(Vec::new()),
        vec![orders_db(), slow("cache"), well("billing.ledger")],
    );
    let expected = json!({
        "status": "fail",
        "serviceId": "orders",
        "releaseId": "1.2.3",
        "notes": ["not ready for 4 min: orders-db fails (error); cache is degraded (slow)"],
        "checks": {
            "orders-db:responseTime": [{
                "status": "fail",
                "componentType": "component",
                "observedValue": 1.6,
                "observedUnit": "ms",
                "output": "error",
                "critical": true,
            }],
            "cache:responseTime": [{
                "status": "warn",
                "componentType": "component",
                "observedValue": 250.0,
                "observedUnit": "ms",
                "output": "slow",
                "critical": false,
            }],
            "billing.ledger:responseTime": [{
                "status": "pass",
                "componentType": "component",
                "critical": true,
            }],
        },
    });
    assert_eq!(body_of(Format::HealthJson, &report, &CHECKS), expected);
}

#[test]
fn the_internal_body_has_the_time_of_the_reading_the_message_and_the_parts() {
    let report = with_checks(not_ready(Vec::new()), vec![orders_db()]);
    let body = body_of(Format::HealthJson, &report, &INTERNAL);
    let expected = json!([
        {
            "status": "fail",
            "componentType": "component",
            "observedValue": 1.6,
            "observedUnit": "ms",
            "time": "2026-03-01T11:59:58.000Z",
            "output": "connection refused",
            "links": { "help": RUNBOOK },
            "critical": true,
            "details": { "connections": 7, "primary": true },
        },
        {
            "status": "fail",
            "componentId": "shard-a",
            "componentType": "component",
            "output": "no route to shard-a",
        },
    ]);
    assert_eq!(body["checks"]["orders-db:responseTime"], expected);
}
