//! What the tests of the manifests share.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The interpreter that has the schemas of Kubernetes. Without it, says that the test is skipped.
///
/// # Panics
///
/// Panics if it is missing and `HEALTH_REQUIRE_SERVICES` is 1.
fn installed() -> Option<PathBuf> {
    // `.ci/clients` puts it into the folder of the build. The test runs in a folder beside this one.
    let program = std::env::current_exe().expect("a test is a program");
    let mut folders = program.ancestors();
    let python = folders.find_map(|folder| {
        let python = folder.join("kubernetes-schemas/bin/python");
        python.is_file().then_some(python)
    });
    if python.is_none() {
        let text = "skipped: kubernetes-validate is not installed (bash .ci/clients)";
        let is_required = std::env::var("HEALTH_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!is_required, "{text}");
        eprintln!("{text}");
    }
    python
}

/// Asserts that the published schemas of Kubernetes accept these manifests: those of the oldest and of the newest
/// version that `kubernetes-validate` has.
///
/// # Panics
///
/// Panics if one of them does not.
pub fn assert_valid(manifests: &str) {
    if let Some(Err(refusal)) = validated(manifests) {
        panic!("{refusal}\n{manifests}");
    }
}

/// Whether the published schemas accept these manifests, or why not. `None` if the schemas are not installed.
///
/// # Panics
///
/// Panics if the schemas cannot be asked.
pub fn validated(manifests: &str) -> Option<Result<(), String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/validate.py");
    let mut command = Command::new(installed()?);
    let command = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("Python runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(manifests.as_bytes())
        .expect("the script reads them all");
    drop(stdin);
    let output = child.wait_with_output().expect("the script ends");
    let valid = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        assert_eq!(valid.lines().count(), 2, "the oldest and the newest version: {valid}");
        return Some(Ok(()));
    }
    Some(Err(error.into_owned()))
}
