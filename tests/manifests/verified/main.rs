//! Every manifest in `faulty` has the findings in the text beside it. Every manifest in `right` has none.
//!
//! `UPDATE_FINDINGS=1 cargo test -p health-manifests --test verified` writes the texts. Read the diff as prose: a
//! finding says what was found, why it is wrong, and the way out.

mod answers;
mod asserted;
mod fixture;
mod random;
mod rules;
mod services;
mod slack;

use std::collections::BTreeSet;
use std::env;
use std::fs;

use self::fixture::{Fixture, fixtures};

#[test]
fn every_faulty_manifest_has_the_findings_beside_it() {
    let update = env::var_os("UPDATE_FINDINGS").is_some();
    let faulty = fixtures("faulty");
    assert!(faulty.len() >= 40, "{}", faulty.len());
    let mut wrong = Vec::new();
    for fixture in faulty {
        let found = found(&fixture);
        assert!(!found.is_empty(), "{} has no finding", fixture.path.display());
        let beside = fixture.path.with_extension(format!("{}.txt", fixture.extension()));
        if update {
            fs::write(&beside, &found).expect("the folder can be written");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if found != expected {
            wrong.push(format!(
                "{}\nexpected:\n{expected}found:\n{found}",
                fixture.path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_right_manifest_has_no_finding() {
    let right = fixtures("right");
    assert!(right.len() >= 15, "{}", right.len());
    for fixture in right {
        assert_eq!(found(&fixture), "", "{}", fixture.path.display());
    }
}

/// Each of these has its finding in `faulty`, so nobody removes a rule without a failing test.
#[test]
fn every_rule_has_a_faulty_manifest() {
    let faulty = fixtures("faulty");
    let found: BTreeSet<_> = faulty
        .iter()
        .flat_map(Fixture::findings)
        .map(|finding| finding.rule)
        .collect();
    let documented = rules::documented();
    let missing: Vec<_> = documented
        .iter()
        .filter(|rule| !found.contains(rule.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let unknown: Vec<_> = found.iter().filter(|rule| !documented.contains(**rule)).collect();
    assert!(unknown.is_empty(), "the docs do not have {unknown:?}");
}

#[test]
fn a_finding_is_one_short_line_in_lower_case_without_a_full_stop() {
    for fixture in fixtures("faulty") {
        for finding in fixture.findings() {
            let text = finding.to_string();
            assert!(text.chars().count() < 420 && !text.contains('\n'), "{text}");
            assert!(!finding.message.ends_with('.'), "{text}");
            let first = finding.message.chars().next();
            let begins_well = first.is_some_and(|first| first == '`' || first.is_lowercase());
            assert!(begins_well, "{text}");
            assert!(
                finding.message.contains("; ") || finding.message.ends_with('?') || finding.rule == "syntax",
                "no way out: {text}"
            );
        }
    }
}

fn found(fixture: &Fixture) -> String {
    let lines = fixture.findings().into_iter().map(|finding| format!("{finding}\n"));
    lines.collect()
}
