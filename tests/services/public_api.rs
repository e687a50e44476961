//! Compares the public API of both crates with the lists in `tests/api`. So a diff shows every change of the API.
//!
//! `UPDATE_API=1 cargo test -p health-services --test public_api` writes the lists. Do not edit them by hand.
#![cfg(unix)] // rustdoc is called through a shell script

use std::env;
use std::fs;
use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;

use health_tests::is_pinned;
use public_api::Builder;

#[test]
fn the_api_of_the_runtime_matches_its_list() {
    compare("health-runtime");
}

#[test]
fn the_api_of_the_macros_matches_its_list() {
    compare("health-macros");
}

fn compare(package: &str) {
    if !is_pinned() {
        writeln!(stderr(), "SKIPPED: this rustdoc writes another JSON").expect("stderr is open");
        return;
    }
    let found = api(package);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../api/{package}.txt"));
    if env::var_os("UPDATE_API").is_some() {
        fs::write(&path, &found).expect("the list can be written");
    }
    let listed = fs::read_to_string(&path).unwrap_or_default();
    let [missing, new] = [(&listed, &found), (&found, &listed)].map(|(these, those)| {
        let those: Vec<&str> = those.lines().collect();
        let lines = these.lines().filter(|line| !those.contains(line));
        lines.collect::<Vec<_>>().join("\n")
    });
    assert!(
        found == listed,
        "the API of {package} has changed; if this is intended, run\n\
         UPDATE_API=1 cargo test -p health-services --test public_api\n\
         gone:\n{missing}\nnew:\n{new}"
    );
}

/// The public API, one item on each line.
fn api(package: &str) -> String {
    let target = target();
    let json = target.join(format!("doc/{}.json", package.replace('-', "_")));
    let _ = fs::remove_file(&json); // from an earlier run
    let wrapper: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "support", "rustdoc.sh"]
        .iter()
        .collect();
    let output = Command::new(env!("CARGO"))
        .args([
            "rustdoc",
            "--lib",
            "--all-features",
            "--package",
            package,
            "--target-dir",
        ])
        .arg(&target)
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("RUSTDOC", wrapper)
        .env_remove("CARGO_BUILD_TARGET")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .build()
        .expect("this version of `public-api` reads the JSON");
    // Drops what the derives of other crates add. It is not our API.
    let lines = api.items().map(ToString::to_string);
    let mut lines: Vec<String> = lines.filter(|line| !line.contains("__private")).collect();
    lines.push(String::new());
    lines.join("\n")
}

/// The target directory of cargo.
fn target() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["target_directory"]
        .as_str()
        .expect("the metadata has a target directory")
        .into()
}
