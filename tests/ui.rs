//! The macro, in trybuild: every error it knows, word by word, and every shape that has to compile.
//!
//! The texts are written by `TRYBUILD=overwrite cargo test -p health-tests --test ui`, never by hand; the diff is to be
//! read as prose.

use std::io::{Write, stderr};

use health_tests::{PINNED, is_pinned};

/// Mistakes that the macro reports, in its own words.
#[test]
fn every_mistake_is_an_error_that_says_the_way_out() {
    let cases = trybuild::TestCases::new();
    for topic in [
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

/// Mistakes that rustc reports, with our advice and where we make it point.
#[test]
fn every_missing_trait_and_wrong_function_is_one_error_where_it_stands() {
    if !is_pinned() {
        // Not `println!`, which nobody sees where the test passes.
        writeln!(stderr(), "SKIPPED: the texts are those of {PINNED}x").expect("stderr is open");
        return;
    }
    let cases = trybuild::TestCases::new();
    for topic in ["checks", "functions", "liveness", "returns", "types", "unseen"] {
        cases.compile_fail(format!("ui/fail/{topic}/*.rs"));
    }
}

/// Starting needs an async runtime, so the cases only name what they would start.
#[test]
fn every_shape_compiles_without_a_warning() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
