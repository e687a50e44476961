//! What each format writes for each state of a service. The formats are functions of a report, so no engine runs here.

mod aspnet;
mod choice;
mod health_json;
mod microprofile;
mod sizes;
mod spring;
mod text;

use serde_json::Value;

use crate::format::{Format, Scope};
use crate::report::samples::states;
use crate::report::{Audience, CheckReport, Report};
use crate::spec::Public;

const CHECKS: Scope = Scope::whole(Audience::Public, Public::CheckStates);
const DETAILS: Scope = Scope::whole(Audience::Public, Public::Details);
const STATUS: Scope = Scope::whole(Audience::Public, Public::StatusOnly);
const INTERNAL: Scope = Scope::whole(Audience::Internal, Public::CheckStates);

fn written(format: Format, report: &Report, scope: &Scope) -> String {
    String::from_utf8(format.render(report, scope).to_vec()).expect("every format is text")
}

fn json(format: Format, report: &Report, scope: &Scope) -> Value {
    let body = written(format, report, scope);
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{format:?}: {error} in {body}"))
}

/// The formats that programs read. The page has a limit and tests of its own.
fn of_programs() -> impl Iterator<Item = Format> {
    Format::ALL.into_iter().filter(|format| !format.has_history())
}

/// The formats whose bodies are JSON objects.
fn objects() -> impl Iterator<Item = Format> {
    Format::ALL
        .into_iter()
        .filter(|format| format.content_type().ends_with("json"))
}

/// The code that the probe answers.
fn code(report: &Report) -> u16 {
    if report.passes() { 200 } else { 503 }
}

fn without_latency(check: CheckReport) -> CheckReport {
    CheckReport { latency: None, ..check }
}

#[test]
fn the_status_is_the_first_key_in_every_state() {
    for report in states() {
        for format in objects() {
            for scope in [CHECKS, DETAILS, STATUS, INTERNAL] {
                let body = written(format, &report, &scope);
                assert!(body.starts_with("{\"status\":\""), "{format:?}: {body}");
                assert!(body.ends_with("}\n"), "{format:?}: {body}");
                json(format, &report, &scope);
            }
        }
    }
}

#[test]
fn a_service_that_shows_only_its_status_shows_nothing_else() {
    // Each format has the same bodies for all states with the same status.
    let expected = |format, report: &Report| match (format, report.status.as_str(), report.passes()) {
        (Format::Json, status, _) => format!("{{\"status\":\"{status}\"}}\n"),
        (Format::HealthJson, "healthy", _) => "{\"status\":\"pass\"}\n".to_owned(),
        (Format::HealthJson, "degraded", _) => "{\"status\":\"warn\"}\n".to_owned(),
        (Format::HealthJson, ..) => "{\"status\":\"fail\"}\n".to_owned(),
        (Format::Spring, _, true) => "{\"status\":\"UP\"}\n".to_owned(),
        (Format::Spring, ..) => "{\"status\":\"DOWN\"}\n".to_owned(),
        (Format::MicroProfile, _, true) => "{\"status\":\"UP\",\"checks\":[]}\n".to_owned(),
        (Format::MicroProfile, ..) => "{\"status\":\"DOWN\",\"checks\":[]}\n".to_owned(),
        (Format::AspNet, status, _) => {
            let status = status[..1].to_uppercase() + &status[1..];
            format!("{{\"status\":\"{status}\",\"totalDuration\":\"00:00:00\",\"entries\":{{}}}}\n")
        }
        (Format::Text, _, true) => "ok".to_owned(),
        (Format::Text, ..) => {
            let probe = ["livez", "readyz", "startupz", "healthz"][report.probe as usize];
            format!("{probe} check failed\n")
        }
        #[cfg(feature = "page")]
        (Format::Page | Format::Events, ..) => unreachable!("no program reads it"),
    };
    for report in states() {
        for format in of_programs() {
            let verbose = Scope {
                verbose: true,
                ..STATUS
            };
            let one = Scope { one: true, ..STATUS };
            for scope in [STATUS, verbose, one] {
                assert_eq!(written(format, &report, &scope), expected(format, &report));
            }
        }
    }
}

#[test]
fn the_public_sees_names_and_reasons_but_no_message_and_no_free_text() {
    let hidden = [
        "connection refused",
        "no route",
        "shard-a",
        "wiki.example",
        "The database of",
        "maintenance",
        "warm caches",
        "sql",
        "primary",
        "2026-03-01T11:59:58", // when the check ran
        "consecutive",
        "next run",
    ];
    for report in states() {
        for format in Format::ALL {
            let verbose = Scope {
                verbose: true,
                ..CHECKS
            };
            let one = Scope { one: true, ..CHECKS };
            for scope in [CHECKS, verbose, one] {
                let body = written(format, &report, &scope);
                for hidden in hidden {
                    assert!(!body.contains(hidden), "{format:?} shows {hidden:?}: {body}");
                }
            }
        }
    }
    let fails = states()
        .into_iter()
        .find(|report| report.checks.len() == 4)
        .expect("a state with failures");
    for format in Format::ALL {
        let (public, internal) = (written(format, &fails, &CHECKS), written(format, &fails, &INTERNAL));
        assert!(
            public.contains("orders-db") && internal.contains("connection refused"),
            "{internal}"
        );
    }
}

#[test]
fn with_public_details_the_public_sees_the_message_and_nothing_else_that_is_internal() {
    let fails = states()
        .into_iter()
        .find(|report| report.checks.len() == 4)
        .expect("a state with failures");
    for format in objects() {
        let body = written(format, &fails, &DETAILS);
        assert!(body.contains("connection refused"), "{body}");
        for hidden in [
            "shard-a",
            "wiki.example",
            "The database of",
            "sql",
            "consecutive",
            "next run",
        ] {
            assert!(!body.contains(hidden), "{format:?} shows {hidden:?}: {body}");
        }
    }
}

#[test]
fn every_format_has_names_of_its_own_and_the_404_lists_them() {
    let mut all: Vec<_> = Format::ALL.iter().flat_map(|format| format.names()).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    for format in Format::ALL {
        assert!(Format::unknown().contains(format.names()[0]), "{format:?}");
        for name in format.names() {
            assert_eq!(Format::named(name), Some(format));
        }
    }
    for (index, format) in Format::ALL.iter().enumerate() {
        assert_eq!(format.index(), index);
    }
    for unknown in ["", "JSON", "xml", "json ", "health+json;q=1"] {
        assert_eq!(Format::named(unknown), None, "{unknown}");
    }
}
