//! The derive and the start accept the same names, prefixes and links.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::validate::text;
use health_runtime::Probe;

thread_local!(static NAME: Cell<&'static str> = const { Cell::new("") });

struct Outer(());

impl HealthState for Outer {
    fn register(checks: &mut Checks<Self>) {
        checks.nest::<()>(NAME.get(), |outer| &outer.0);
    }
}

/// Texts that look like names, prefixes or links, or nearly so.
fn any_text() -> impl Strategy<Value = String> {
    const PARTS: [&str; 34] = [
        "a",
        "z9",
        "0",
        "_",
        ".",
        "..",
        "-",
        "/",
        "//",
        "A",
        "é",
        " ",
        "\n",
        "\0",
        "{",
        "~",
        "ready",
        "live",
        "startup",
        ":",
        "8080",
        "65536",
        "http://",
        "https://",
        "HTTP://",
        "ftp://",
        "me:secret@",
        "[::1]",
        "wiki.example",
        "?q=%20",
        "#a",
        "\\",
        "\"",
        "x1234567890123456789012345678901",
    ];
    let parts = proptest::collection::vec(select(&PARTS[..]), 0..5).prop_map(|parts| parts.concat());
    let long = (60..70_usize).prop_map(|length| "x".repeat(length));
    let link = parts.clone().prop_map(|rest| format!("https://{rest}"));
    let prefix = parts.clone().prop_map(|rest| format!("/{rest}"));
    prop_oneof![4 => parts, 2 => link, 2 => prefix, 1 => long, 1 => select(&PARTS[..]).prop_map(str::to_owned)]
}

proptest! {
    #![proptest_config(Config {
        cases: 4_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..Config::default()
    })]

    #[test]
    fn the_derive_and_the_runtime_accept_the_same_texts(text in any_text()) {
        let leaked: &'static str = text.clone().leak();
        let db = || CheckSpec::new("db");
        let name_problem = text::name_problem(&text);
        prop_assert_eq!(name_problem.is_none(), is_taken(CheckSpec::named(text.clone())), "a check: {:?}", name_problem);
        NAME.set(leaked);
        let is_nest = name_problem.is_none() && !text.contains('.');
        prop_assert_eq!(is_nest, refusal(Health::builder(Outer(()))).is_none(), "a nest");
        let group = text::group_problem(&text);
        prop_assert_eq!(group.is_none(), is_taken(db().groups([leaked])), "a group: {:?}", group);
        let dependency = text::dependency_error(&text);
        let refused = refusal(builder().check(db().depends_on([leaked]), Flag::healthy())).expect("no check has the name");
        let is_form = refused.to_string().contains("is not a valid name");
        prop_assert_eq!(dependency.is_some(), is_form, "a dependency: {:?}, {}", dependency, refused);
        let link = text::runbook_error(&text);
        prop_assert_eq!(link.is_none(), is_taken(db().runbook(leaked)), "a runbook: {:?}", link);
        let prefix = text::prefix_error(&text);
        prop_assert_eq!(prefix.is_none(), refusal(builder().prefix(text.clone())).is_none(), "a prefix: {:?}", prefix);
        let path = text::path_error(&text);
        let with_path = || builder().paths(Probe::Readiness, [text.clone()]);
        prop_assert_eq!(path.is_none(), refusal(with_path()).is_none(), "a path: {:?}", path);
        let label = text::service_name_error(&text);
        prop_assert_eq!(label.is_none(), refusal(builder().name(text.clone())).is_none(), "a service: {:?}", label);
        prop_assert_eq!(label.is_none(), refusal(builder().version(text)).is_none(), "a version: {:?}", label);
    }
}

#[test]
fn the_derive_and_the_runtime_have_the_same_maximum_name_length() {
    let name = |length| is_taken(CheckSpec::named("x".repeat(length)));
    assert!(name(text::MAX_LENGTH) && !name(text::MAX_LENGTH + 1));
}
