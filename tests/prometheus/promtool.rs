//! What `promtool` says about the metrics and the rules.

use std::io::Write as _;
use std::process::{Command, Stdio};

use health_prometheus::{DEPLOY, Service, get, installed, names};

/// What promtool writes when it reads this text with these arguments. `None` if it is not installed.
fn promtool(arguments: &[&str], text: &str) -> Option<String> {
    let mut child = Command::new(installed("promtool")?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(text.as_bytes()).expect("promtool reads");
    drop(stdin);
    let output = child.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("promtool writes text");
    assert!(output.status.success(), "{said}");
    Some(said)
}

#[test]
fn promtool_finds_nothing_to_criticize_in_the_text() {
    let service = Service::start();
    let text = get(service.internal, "/metrics", "*/*");
    for name in names() {
        assert!(text.contains(&format!("\n# TYPE {name} ")), "{name} has no series here");
    }
    if let Some(said) = promtool(&["check", "metrics"], &text) {
        assert_eq!(said, "");
    }
}

#[test]
fn promtool_finds_nothing_to_criticize_in_the_rules() {
    let file = format!("{DEPLOY}/prometheus/health.rules.yaml");
    if let Some(said) = promtool(&["check", "rules", "--lint=all", "--lint-fatal", &file], "") {
        assert!(said.contains("7 rules found"), "{said}");
    }
}

#[test]
fn each_alert_fires_just_beyond_its_limit_and_not_below_it() {
    let file = format!("{DEPLOY}/prometheus/health.rules.test.yaml");
    if let Some(said) = promtool(&["test", "rules", &file], "") {
        assert!(said.contains("SUCCESS"), "{said}");
    }
}
