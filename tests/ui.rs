//! Tests the macros with trybuild: the exact text of every error, and every shape that must compile.
//!
//! `TRYBUILD=overwrite cargo test -p health-tests --test ui` writes the texts. Do not edit them by hand. Read their
//! diff as prose.

use std::io::{Write, stderr};

use health_tests::{PINNED, is_pinned};

/// Mistakes that the macros report. The whole text is ours.
#[test]
fn every_mistake_is_an_error_that_says_how_to_fix_it() {
    let cases = trybuild::TestCases::new();
    for topic in [
        "dependencies",
        "names",
        "options",
        "paths",
        "places",
        "signatures",
        "together",
        "values",
    ] {
        cases.compile_fail(format!("ui/fail/{topic}/*.rs"));
    }
}

/// Mistakes that rustc reports. The advice and the place of the error are ours.
#[test]
fn every_missing_trait_and_wrong_function_is_one_error_at_the_right_place() {
    if !is_pinned() {
        // Not `println!`: its output is hidden if the test passes.
        writeln!(stderr(), "SKIPPED: the texts are those of {PINNED}x").expect("stderr is open");
        return;
    }
    let cases = trybuild::TestCases::new();
    for topic in ["checks", "functions", "liveness", "returns", "types", "unseen"] {
        cases.compile_fail(format!("ui/fail/{topic}/*.rs"));
    }
}

/// The cases compile the start of a service, but do not run it, because it needs an async runtime.
#[test]
fn every_shape_compiles_without_a_warning() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
