//! How large a body may get.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{CHECKS, DETAILS, INTERNAL, STATUS, of_programs, written};
use crate::format::{Excluded, Format, Scope};
use crate::outcome::{Outcome, Reason, Status};
use crate::report::samples::{fails, not_ready, ready, well, with_checks};
use crate::report::{CheckReport, Report};

const KIB: usize = 1024;

/// The checks of a service in which all goes wrong at length.
fn failing(count: usize, name: usize) -> Report {
    let message: Arc<str> = "\"x\\".repeat(340).into(); // as long as a message gets, and longer once it is escaped
    let details = (0..16).fold(Outcome::healthy(), |outcome, index| {
        outcome.detail(format!("{index}{}", "d".repeat(60)), "\"".repeat(256))
    });
    let check = |index: usize| CheckReport {
        name: Cow::Owned(format!("{index}{}", "n".repeat(name))),
        message: Some(Arc::clone(&message)),
        details: details.details().into(),
        cause: Some(Cow::Owned("c".repeat(name))),
        latency: Some(Duration::from_nanos(1_234_567_890)),
        description: Some("p".repeat(1000).into()),
        runbook: Some("https://wiki.example/".into()),
        ..fails("", Reason::BreakerOpen)
    };
    let report = with_checks(not_ready(Vec::new()), (0..count).map(check).collect());
    Report {
        service: "s".repeat(1000).into(),
        version: "v".repeat(1000).into(),
        omitted: 1_000_000,
        ..report
    }
}

#[test]
fn a_public_body_has_less_than_four_kib() {
    let names: Vec<_> = (0..64).map(|index| format!("{index}{}", "\"".repeat(1000))).collect();
    let excluded = |index| Excluded {
        index,
        name: "e".repeat(200).into(),
        with: Some("w".repeat(200)),
    };
    for (count, name) in [(1, 3_000), (20, 500), (100, 10), (100, 64), (2_000, 1)] {
        let report = failing(count, name);
        for scope in [CHECKS, DETAILS, STATUS] {
            let scope = Scope {
                unmatched: names.clone(),
                excluded: (0..80).map(excluded).collect(),
                ..scope
            };
            let verbose = Scope {
                verbose: true,
                ..scope.clone()
            };
            let one = Scope {
                one: true,
                ..scope.clone()
            };
            for scope in [scope, verbose, one] {
                for format in of_programs() {
                    let body = written(format, &report, &scope);
                    assert!(body.len() < 4 * KIB, "{format:?}, {count} checks: {} bytes", body.len());
                }
            }
        }
    }
}

#[test]
fn a_body_says_how_many_checks_it_leaves_out() {
    let report = Report {
        omitted: 0,
        ..failing(100, 10)
    };
    for format in Format::ALL {
        let body = written(format, &report, &CHECKS);
        let shown = (0..100)
            .filter(|index| body.contains(&format!("{index}nnnnnnnnnn")))
            .count();
        assert!((10..100).contains(&shown), "{format:?}: {shown}");
        // The headline names three checks, and the line for each of them comes first.
        assert!(body.contains(&(100 - shown).to_string()), "{format:?}, {shown}: {body}");
    }
}

#[test]
fn the_public_sees_the_first_200_bytes_of_a_message_if_any() {
    let message = format!("{}z", "m".repeat(200));
    let report = with_checks(not_ready(Vec::new()), vec![fails("db", Reason::Error).says(&message)]);
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Text) {
        let shown = written(format, &report, &DETAILS);
        assert!(
            shown.contains(&"m".repeat(200)) && !shown.contains("mz"),
            "{format:?}: {shown}"
        );
        assert!(written(format, &report, &INTERNAL).contains(&message), "{format:?}");
        assert!(!written(format, &report, &CHECKS).contains("mm"), "{format:?}");
    }
}

#[test]
fn an_internal_body_has_less_than_a_mib() {
    let report = failing(500, 10);
    for format in Format::ALL {
        let body = written(format, &report, &INTERNAL);
        assert!(body.len() < KIB * KIB, "{format:?}: {} bytes", body.len());
    }
}

#[test]
fn ten_healthy_checks_take_less_than_a_kib_of_json() {
    let check = |name| CheckReport {
        latency: Some(Duration::from_micros(12_300)),
        ..well(name)
    };
    let names = [
        "db", "cache", "mail", "search", "payments", "queue", "storage", "auth", "worker", "prices",
    ];
    let report = with_checks(ready(Vec::new()), names.map(check).into());
    assert_eq!(report.status, Status::Healthy);
    let sizes = of_programs().map(|format| (format, written(format, &report, &CHECKS).len()));
    for (format, size) in sizes {
        let most = match format {
            Format::Json | Format::Text | Format::Spring => KIB,
            _ => KIB + KIB / 2, // their own keys are long
        };
        assert!(size < most, "{format:?}: {size}");
    }
}
