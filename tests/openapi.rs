//! The OpenAPI document of the public probes: it is valid, and every answer is as it says.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use health_runtime::{Flag, Health, HealthBuilder, HealthState, Outcome, Probe, Public, Report};
use health_tests::{Answer, Many, ask, get, send, settled, until};
use jsonschema::Validator;
use serde_json::{Value, json};

#[derive(Clone, HealthState)]
#[health(
    name = "orders",
    version = "1.2.3",
    manual_start,
    drain = "100ms",
    readiness_paths("/readyz", "/ops/ready"),
    alias("/healthz"),
    plain("/ping")
)]
struct App {
    #[health_check(critical, groups("core"))]
    db: Flag,
    #[health_check(depends_on(db))]
    ledger: Flag,
    #[health_check(liveness)]
    worker: Flag,
    #[health_check(with = Replica::lag)]
    replica: Replica,
}

#[derive(Clone)]
struct Replica {
    host: String,
}

impl Replica {
    fn lag(&self) -> Outcome {
        Outcome::degraded("12 s behind")
            .detail("lag_s", 12.5)
            .detail("host", &*self.host)
            .detail("syncs", true)
    }
}

fn old_body(report: &Report) -> String {
    json!({ "ok": report.status.passes() }).to_string()
}

fn app(public: Public) -> (App, HealthBuilder<App>) {
    let app = App {
        db: Flag::healthy(),
        ledger: Flag::healthy(),
        worker: Flag::healthy(),
        replica: Replica {
            host: "replica-2".to_owned(),
        },
    };
    let builder = Health::builder(app.clone()).public(public).body(
        "/api/health",
        Probe::Health,
        "application/vnd.orders+json; v=1",
        old_body,
    );
    (app, builder)
}

fn document(health: &Health) -> Value {
    serde_json::to_value(health.openapi()).unwrap()
}

const MODES: [Public; 3] = [Public::StatusOnly, Public::CheckStates, Public::Details];

#[tokio::test]
async fn the_document_is_complete_in_itself() {
    for public in MODES {
        let document = document(&app(public).1.start());
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let operation = &item["get"];
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
            let parameters = operation["parameters"].as_array().unwrap();
            let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter["name"].as_str()).collect();
            assert_eq!(names.len(), parameters.len(), "{path}");
            assert_eq!(names.contains(&Some("check")), path.contains("{check}"), "{path}");
            for parameter in parameters {
                assert_eq!(parameter["required"], parameter["in"] == "path", "{path} {parameter}");
            }
        }
        let components = &document["components"];
        for (name, schema) in components["schemas"].as_object().unwrap() {
            jsonschema::meta::validate(schema).unwrap();
            assert!(name.starts_with("health."), "{name}");
        }
        for reference in references(&document) {
            let pointer = reference.strip_prefix("#/components").unwrap();
            assert!(components.pointer(pointer).is_some(), "{reference}");
        }
    }
}

/// Every `$ref` in the value.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(reference) if key == "$ref" => vec![reference],
                _ => references(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn the_document_has_every_path_that_the_service_declares() {
    let health = app(Public::CheckStates).1.start();
    let document = document(&health);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        json!(paths),
        json!([
            "/api/health",
            "/api/health/{check}",
            "/health",
            "/health/{check}",
            "/healthz",
            "/healthz/{check}",
            "/livez",
            "/livez/{check}",
            "/ops/ready",
            "/ops/ready/{check}",
            "/ping",
            "/ping/{check}",
            "/readyz",
            "/readyz/{check}",
            "/startupz", // no check is in this probe
        ])
    );
    let prefixed = Health::builder(()).prefix("/ops").start();
    let document = serde_json::to_value(prefixed.openapi()).unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(json!(paths), json!(["/ops", "/ops/live", "/ops/ready", "/ops/startup"]));
}

#[tokio::test]
async fn the_document_does_not_tell_more_than_the_probes() {
    let tells = |public| {
        let text = document(&app(public).1.start()).to_string();
        ["orders", "1.2.3", "message", "details", "ledger"].map(|word| text.replace("vnd.orders", "").contains(word))
    };
    assert_eq!(tells(Public::StatusOnly), [false, false, false, false, false]);
    assert_eq!(tells(Public::CheckStates), [true, true, false, false, false]);
    assert_eq!(tells(Public::Details), [true, true, true, true, false]);
}

/// A document, and which keys of its schemas the answers have had.
struct Contract {
    document: Value,
    components: Value,
    /// By the text of their schema. Building one takes longer than validating an answer.
    validators: BTreeMap<String, Validator>,
    seen: BTreeSet<String>,
}

impl Contract {
    fn new(health: &Health) -> Self {
        let document = document(health);
        let mut components = document["components"].clone();
        close(&mut components);
        Self {
            document,
            components,
            validators: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Compares every answer with the document.
    async fn holds(&mut self, app: &Router) {
        let paths = self.document["paths"].as_object().unwrap().clone();
        for (path, item) in paths {
            let operation = &item["get"];
            let paths = if path.contains("{check}") {
                let names = ["db", "ledger", "worker", "replica", "typo"];
                names.map(|name| path.replace("{check}", name)).to_vec()
            } else {
                vec![path]
            };
            for path in paths {
                for query in queries(operation) {
                    let uri = format!("{path}?{query}");
                    for accept in ["*/*", "text/plain", "application/health+json", "image/png"] {
                        let request = Request::builder().uri(&uri).header("accept", accept);
                        let answer = send(app, request.body(Body::empty()).unwrap()).await;
                        self.compare(operation, &uri, &answer);
                    }
                }
            }
        }
    }

    fn compare(&mut self, operation: &Value, uri: &str, answer: &Answer) {
        let responses = &operation["responses"];
        let response = &responses[answer.status.as_str()];
        assert!(response.is_object(), "{uri} answers {}", answer.status);
        let media_type = answer.header("content-type").split(';').next().unwrap();
        let content = &response["content"][media_type];
        assert!(content.is_object(), "{uri} answers {} as {media_type}", answer.status);
        let Some(schema) = content.get("schema") else { return };
        let body = if media_type.ends_with("json") {
            answer.json()
        } else {
            json!(answer.body)
        };
        let validator = self.validators.entry(schema.to_string()).or_insert_with(|| {
            let mut schema = schema.clone();
            schema["components"] = self.components.clone();
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&schema).unwrap()
        });
        if let Err(error) = validator.validate(&body) {
            panic!("{uri}: {error} in {body}");
        }
        self.note(&body);
    }

    fn note(&mut self, body: &Value) {
        let checks = body["checks"].as_array();
        for object in checks.into_iter().flatten().chain([body]) {
            self.seen
                .extend(object.as_object().into_iter().flat_map(|map| map.keys().cloned()));
        }
    }

    /// The keys that the document describes and that no answer has had.
    fn unseen(&self) -> Vec<String> {
        let schemas = self.document["components"]["schemas"].as_object().unwrap();
        let properties = schemas.values().filter_map(|schema| schema["properties"].as_object());
        let described = properties.flat_map(|properties| properties.keys().cloned());
        described.filter(|key| !self.seen.contains(key)).collect()
    }
}

/// Forbids keys that a schema does not describe. In the document they are allowed, because later versions may add some.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(json!(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        _ => {}
    }
}

/// Queries with each parameter of the operation: all values of those that have a list, and some names.
fn queries(operation: &Value) -> Vec<String> {
    let mut queries = vec![String::new()];
    let parameters = operation["parameters"].as_array().unwrap();
    for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
        let name = parameter["name"].as_str().unwrap();
        if let Some(values) = parameter["schema"]["enum"].as_array() {
            // A `+` would be a space.
            let texts = values
                .iter()
                .map(|value| value.to_string().replace('"', "").replace('+', "%2B"));
            queries.extend(texts.map(|text| format!("{name}={text}")));
        } else {
            queries.extend(["core", "typo", "db"].map(|text| format!("{name}={text}&{name}=core")));
        }
    }
    queries
}

#[tokio::test]
async fn every_answer_in_every_state_is_as_the_document_says() {
    for public in MODES {
        let (state, builder) = app(public);
        let health = builder.start();
        let mut contract = Contract::new(&health);
        let app: Router = health.router();
        contract.holds(&app).await; // starting
        health.mark_started();
        settled(&app, "/readyz", 200, "degraded").await;
        contract.holds(&app).await;
        state.db.set_unhealthy("cannot reach postgres://user:secret@db");
        state.ledger.set_unhealthy("no database");
        state.worker.set_unhealthy("gone");
        settled(&app, "/readyz", 503, "unhealthy").await;
        settled(&app, "/livez", 503, "unhealthy").await;
        contract.holds(&app).await;
        let hold = health.hold("maintenance");
        contract.holds(&app).await;
        drop(hold);
        health.drain();
        contract.holds(&app).await;
        let expected: &[&str] = match public {
            Public::StatusOnly => &[],
            Public::CheckStates | Public::Details => &["omitted"], // the next test has it
        };
        assert_eq!(contract.unseen(), expected, "{public:?}");
    }
}

#[tokio::test]
async fn an_answer_without_all_checks_is_as_the_document_says() {
    let health = Health::builder(Many::<100>(|| Ok(Outcome::healthy()))).start();
    let mut contract = Contract::new(&health);
    let app: Router = health.router();
    until("all checks have a result", async || {
        (get(&app, "/readyz").await.status == 200).then_some(())
    })
    .await;
    contract.holds(&app).await;
    assert!(contract.seen.contains("omitted"));
}

#[tokio::test]
async fn other_methods_are_answered_as_the_descriptions_say() {
    let (_state, builder) = app(Public::CheckStates);
    let health = builder.start();
    let (document, app): (Value, Router) = (document(&health), health.router());
    for (path, item) in document["paths"].as_object().unwrap() {
        let description = item["get"]["description"].as_str().unwrap();
        assert!(description.contains("HEAD and OPTIONS get the same status code without a body"));
        assert!(description.contains("Any other method gets 405"));
        let uri = path.replace("{check}", "worker");
        let expected = get(&app, &uri).await.status;
        for method in ["HEAD", "OPTIONS"] {
            let answer = ask(&app, method, &uri).await;
            assert_eq!((answer.status, &*answer.body), (expected, ""), "{method} {uri}");
        }
        if expected != 404 {
            assert_eq!(ask(&app, "POST", &uri).await.status, 405, "{uri}");
        }
    }
}

#[tokio::test]
async fn the_document_merges_into_one_that_has_schemas_of_the_same_kind() {
    use utoipa::OpenApi;

    #[derive(utoipa::ToSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Status {
        orders: u32,
    }

    #[derive(OpenApi)]
    #[openapi(info(title = "shop", version = "7"), components(schemas(Status)))]
    struct Document;

    let health = app(Public::CheckStates).1.start();
    let own = document(&health);
    let merged = Document::openapi().merge_from(health.openapi());
    let merged = serde_json::to_value(merged).unwrap();
    assert_eq!(merged["info"]["title"], "shop");
    assert_eq!(merged["paths"], own["paths"]);
    assert_eq!(merged["tags"], own["tags"]);
    assert!(merged["components"]["schemas"]["Status"]["properties"]["orders"].is_object());
    for (name, schema) in own["components"]["schemas"].as_object().unwrap() {
        assert_eq!(merged["components"]["schemas"][name], *schema);
    }
    let nested = serde_json::to_value(Document::openapi().nest("/shop", health.openapi())).unwrap();
    assert_eq!(nested["paths"]["/shop/livez"], own["paths"]["/livez"]);
}
