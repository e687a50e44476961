//! The OpenAPI document of the probes, against the schema of the OpenAPI specification. The package
//! `openapi-spec-validator` of Python has this schema. `tests/openapi.rs` compares the document with real answers.

use std::io::Write as _;
use std::process::{Command, Stdio};

use health_runtime::{CheckSpec, Flag, Health, HealthBuilder, Probe, Public, Report};
use health_services::python;

fn body(report: &Report) -> String {
    report.status.to_string()
}

fn service() -> HealthBuilder<()> {
    Health::builder(())
        .name("orders")
        .version("1.2.3")
        .check(CheckSpec::named("db").critical(), Flag::healthy())
}

#[tokio::test]
async fn the_document_is_valid_by_the_specification() {
    let package = "openapi-spec-validator";
    let Some(python) = python::installed(env!("CARGO_TARGET_TMPDIR"), package) else {
        return;
    };
    let services = [
        Health::builder(()),
        service(),
        service().public(Public::StatusOnly),
        service().public(Public::Details),
        service().prefix("/ops/health"),
        service()
            .paths(Probe::Readiness, ["/ready", "/readyz"])
            .alias("/healthz")
            .plain("/ping")
            .body("/api/health", Probe::Health, "text/csv; header=absent", body),
    ];
    for service in services {
        let document = service.start().openapi().to_json().unwrap();
        let mut validator = Command::new(&python)
            .args(["-m", "openapi_spec_validator", "--schema", "3.1", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = validator.stdin.take().unwrap();
        stdin.write_all(document.as_bytes()).unwrap();
        drop(stdin);
        let output = validator.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{document}");
    }
}
