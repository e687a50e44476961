//! No text makes a check of manifests panic, whatever it is.

use proptest::prelude::*;

use health_runtime::kubernetes::{Finding, ManifestCheck};

use crate::fixture::fixtures;
use crate::services;

/// Keys and values that a manifest reads, so that random trees reach the rules.
const KEYS: &[&str] = &[
    "kind",
    "apiVersion",
    "metadata",
    "name",
    "labels",
    "spec",
    "template",
    "jobTemplate",
    "items",
    "containers",
    "initContainers",
    "restartPolicy",
    "ports",
    "containerPort",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "httpGet",
    "grpc",
    "exec",
    "tcpSocket",
    "command",
    "path",
    "port",
    "host",
    "scheme",
    "service",
    "httpHeaders",
    "periodSeconds",
    "timeoutSeconds",
    "failureThreshold",
    "successThreshold",
    "initialDelaySeconds",
    "lifecycle",
    "preStop",
    "sleep",
    "seconds",
    "terminationGracePeriodSeconds",
    "publishNotReadyAddresses",
    "selector",
    "services",
    "healthcheck",
    "test",
    "interval",
    "retries",
    "start_period",
    "stop_grace_period",
    "deploy",
    "<<",
];
const VALUES: &[&str] = &[
    "Deployment",
    "Pod",
    "CronJob",
    "List",
    "Service",
    "v1",
    "app",
    "/readyz",
    "/livez",
    "/readyz?group=core&exclude=",
    "/readyz/%ff",
    "http",
    "8080",
    "0",
    "-1",
    "2147483647",
    "2147483648",
    "1e9",
    "true",
    "Always",
    "HTTPS",
    "sleep",
    "9999999999h",
    "1h",
    "10s",
    "CMD",
    "--probe",
    "curl",
    "{{ x }}",
    "",
    "null",
    "~",
    "é\u{202e}`",
];

#[derive(Clone, Debug)]
enum Tree {
    Scalar(&'static str),
    List(Vec<Tree>),
    Map(Vec<(&'static str, Tree)>),
}

impl Tree {
    /// In the flow style, which needs no indentation.
    fn text(&self) -> String {
        match self {
            Self::Scalar(text) if text.parse::<f64>().is_ok() || matches!(*text, "true" | "null" | "~") => {
                (*text).into()
            }
            Self::Scalar(text) => format!("{text:?}").replace("\\u{202e}", "\\u202e"),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::text).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", value.text()))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop::sample::select(VALUES).prop_map(Tree::Scalar);
    leaf.prop_recursive(8, 64, 6, |inner| {
        let entry = (prop::sample::select(KEYS), inner.clone());
        prop_oneof![
            1 => prop::collection::vec(inner, 0..4).prop_map(Tree::List),
            4 => prop::collection::vec(entry, 0..6).prop_map(Tree::Map),
        ]
    })
}

fn all(text: &str) -> Vec<Finding> {
    let check = ManifestCheck::new(&services::named("migrating"))
        .public_port("http")
        .internal_port(8080);
    let named = check.clone().container("app");
    let mut findings = Vec::new();
    for check in [check, named] {
        findings.extend(check.verify_manifest(text));
        findings.extend(check.verify_compose(text));
        findings.extend(check.verify_dockerfile(text));
    }
    findings
}

/// A pod of which one part is random.
fn pod(container: &str) -> String {
    format!("kind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: app, livenessProbe: {container}}}]}}\n")
}

proptest! {
    #[test]
    fn random_bytes_are_no_problem(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_signs_of_yaml_are_no_problem(text in "[-a-c:{}\\[\\]&*!|>'\"#%@`\\n ?,<~0-2]{0,200}") {
        all(&text);
    }

    #[test]
    fn a_random_tree_is_no_problem_and_its_findings_are_short(tree in tree()) {
        let texts = [tree.text(), pod(&tree.text()), format!("services: {{app: {}}}", tree.text())];
        for finding in texts.iter().flat_map(|text| all(text)) {
            let text = finding.to_string();
            prop_assert!(text.len() < 1_500 && !text.contains(['\n', '\u{202e}']), "{text}");
        }
    }

    /// A real manifest with a few lines that are lost, doubled or cut.
    #[test]
    fn a_damaged_manifest_is_no_problem(which in 0_usize..200, damage in prop::collection::vec((0_usize..60, 0_u8..3), 0..6)) {
        let fixtures = fixtures("faulty");
        let text = fixtures[which % fixtures.len()].text();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (line, kind) in damage {
            let line = line % lines.len().max(1);
            match kind {
                _ if lines.is_empty() => {}
                0 => drop(lines.remove(line)),
                1 => lines.insert(line, lines[line].clone()),
                _ => lines[line] = lines[line].chars().take(line).collect(),
            }
        }
        all(&lines.join("\n"));
    }
}
