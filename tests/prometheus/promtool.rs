//! What `promtool` says about the metrics and the rules.

use std::io::Write as _;
use std::process::{Command, Stdio};

use health_prometheus::{Service, get, installed, names, rules};

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
fn promtool_accepts_the_rules_of_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("health.yml");
    std::fs::write(&file, rules()).expect("the folder can be written");
    let file = file.display().to_string();
    if let Some(said) = promtool(&["check", "rules", "--lint-fatal", &file], "") {
        assert!(said.contains("6 rules found"), "{said}");
    }
}
