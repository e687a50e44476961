//! The assertion, with each kind of service.

use std::panic;

use health_runtime::kubernetes::ManifestCheck;
use health_runtime::testing::assert_manifest;
use health_runtime::{Flag, Health};

use crate::services;

const POD: &str = "
kind: Pod
metadata: {name: orders}
spec:
  containers:
    - name: app
      readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
      livenessProbe: {httpGet: {path: /livez, port: 8080}}
";

fn failure(assertion: impl FnOnce() + panic::UnwindSafe) -> String {
    let failure = panic::catch_unwind(assertion).expect_err("the assertion fails");
    *failure.downcast::<String>().expect("a panic has a text")
}

#[test]
fn a_manifest_that_fits_passes() {
    assert_manifest(&services::named("orders"), POD);
}

#[test]
fn the_text_of_a_failure_counts_and_lists_all_findings() {
    let manifest = POD
        .replace("/livez", "/readyz")
        .replace("periodSeconds: 1", "periodSeconds: 5");
    let text = failure(move || assert_manifest(&services::named("orders"), &manifest));
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("the manifest does not fit the service: 1 error, 1 warning")
    );
    let rules: Vec<_> = lines
        .filter_map(|line| line.rsplit_once(" ["))
        .map(|(_, rule)| rule)
        .collect();
    assert_eq!(rules, ["drain-too-short]", "same-probe]"]);
}

#[test]
fn startup_tasks_of_a_running_service_count() {
    let health = Health::builder(())
        .check(health_runtime::CheckSpec::new("db"), Flag::healthy())
        .manual();
    assert_manifest(&health, POD);
    let task = health.startup_task("warm caches");
    let findings = ManifestCheck::from(health.health()).verify_manifest(POD);
    assert_eq!(
        findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(),
        ["no-startup"]
    );
    assert!(findings[0].message.contains("startup tasks"), "{}", findings[0]);
    task.done();
}

#[test]
fn an_option_for_a_port_refuses_what_kubernetes_refuses() {
    let orders = services::named("orders");
    let text = failure(move || drop(ManifestCheck::new(&orders).public_port("HTTP")));
    assert!(text.contains("not a valid name for a port"), "{text}");
}
