use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::*;
use crate::checks::flag::Flag;
use crate::detail::Detail;
use crate::health::Health;
use crate::outcome::PartReport;
use crate::report::{CheckReport, History};
use crate::spec::CheckSpec;

const HOSTILE: &str = "<script>alert(1)</script>\"'&\r\ndata: <b>";

const INTERNAL: Scope = Scope::whole(Audience::Internal, Public::CheckStates);

/// A report of this many checks, which all fail with the hostile text in every place.
fn failing(checks: usize) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let builder = Health::builder(()).name("orders").version("1.4.2");
    let spec = CheckSpec::new("db")
        .critical()
        .groups(["sql"])
        .runbook("https://wiki.example.com/db");
    let mut report = builder.check(spec, Flag::healthy()).start().report(Probe::Health);
    let details: Arc<[Detail]> = [Detail {
        name: HOSTILE.into(),
        value: HOSTILE.into(),
    }]
    .into();
    let part = PartReport {
        name: HOSTILE.into(),
        status: Status::Unhealthy,
        reason: Some(Reason::Error),
        message: Some(HOSTILE.into()),
        details: details.to_vec(),
    };
    (report.status, report.reason, report.phase) = (Status::Unhealthy, None, Phase::Running);
    let check = &mut report.checks[0];
    (check.status, check.reason) = (Status::Unhealthy, Some(Reason::Error));
    check.message = Some(HOSTILE.into());
    check.description = Some(HOSTILE.into());
    check.details = details;
    check.parts = [part].into();
    let numbered = |index| CheckReport {
        name: format!("check-{index}").into(),
        ..report.checks[0].clone()
    };
    report.checks = (0..checks).map(numbered).collect();
    report
}

fn page(report: &Report, scope: &Scope) -> String {
    String::from_utf8(render(report, scope).to_vec()).expect("the page is text")
}

#[test]
fn the_public_page_has_the_names_and_reasons_and_nothing_internal() {
    let page = page(&failing(1), &Scope::whole(Audience::Public, Public::CheckStates));
    for shown in ["orders", "1.4.2", "check-0", "unhealthy", "(error)", "critical"] {
        assert!(page.contains(shown), "{shown} is missing");
    }
    for hidden in ["alert", "wiki.example.com", "sql", "Last change", "Next run"] {
        assert!(!page.contains(hidden), "{hidden} is public");
    }
}

#[test]
fn the_public_page_with_details_has_the_message_and_the_details_alone() {
    let page = page(&failing(1), &Scope::whole(Audience::Public, Public::Details));
    assert!(page.contains("class=\"message\"") && page.contains("class=\"details\""));
    for hidden in ["wiki.example.com", "class=\"parts\"", "Last change"] {
        assert!(!page.contains(hidden), "{hidden} is public");
    }
}

#[test]
fn a_page_of_the_status_alone_has_no_names() {
    let page = page(&failing(1), &Scope::whole(Audience::Public, Public::StatusOnly));
    assert!(page.contains("unhealthy"));
    for hidden in ["orders", "1.4.2", "check-0", "(error)", "uptime", "running"] {
        assert!(!page.to_lowercase().contains(hidden), "{hidden} is public");
    }
}

#[test]
fn no_text_becomes_an_element_in_the_page_or_its_events() {
    let report = failing(1);
    let event = String::from_utf8(event(&report, &INTERNAL).to_vec()).expect("the event is text");
    for html in [page(&report, &INTERNAL), event] {
        assert!(html.contains("alert(1)"));
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(!html.contains("\"'&"), "a quotation mark ends an attribute: {html}");
    }
}

#[test]
fn a_line_break_in_a_text_begins_no_field_of_the_event() {
    let event = String::from_utf8(event(&failing(1), &INTERNAL).to_vec()).expect("the event is text");
    let lines: Vec<_> = event.split(['\r', '\n']).collect();
    let (fields, end) = lines.split_at(lines.len() - 2);
    assert_eq!(end, ["", ""], "an empty line ends the event");
    assert_eq!(fields[..2], ["retry: 1000", "id: live"]);
    assert!(fields[2..].iter().all(|line| line.starts_with("data: ")), "{event}");
}

#[test]
fn the_event_of_a_draining_service_says_so() {
    let mut report = failing(1);
    report.phase = Phase::Draining;
    let event = event(&report, &INTERNAL);
    assert!(event.starts_with(b"retry: 1000\nid: draining\n"));
}

#[test]
fn the_page_says_how_many_checks_it_does_not_show() {
    let report = failing(250);
    for (audience, left) in [(Audience::Internal, 50), (Audience::Public, 170)] {
        let page = page(&report, &Scope::whole(audience, Public::CheckStates));
        assert!(
            page.contains(&format!("{left} more checks are not shown")),
            "{audience:?}"
        );
    }
    assert!(!page(&failing(200), &INTERNAL).contains("not shown"));
}

#[test]
fn a_page_is_bounded_however_much_there_is_to_tell() {
    let mut report = failing(200);
    let parts = vec![
        PartReport {
            message: Some("x".repeat(1024).into()),
            ..report.checks[0].parts[0].clone()
        };
        100
    ];
    for check in &mut report.checks {
        check.parts = parts.clone().into();
    }
    let page = render(&report, &INTERNAL);
    assert!(page.len() < LIMIT, "{} bytes", page.len());
    assert!(page.len() > LIMIT / 2, "{} bytes: less than fits", page.len());
}

#[test]
fn a_check_stands_below_its_cause() {
    let mut report = failing(3);
    for check in &mut report.checks[1..] {
        check.cause = Some("check-0".into());
    }
    let checks = report
        .checks
        .iter()
        .map(|check| Check::new(check, report.at, &INTERNAL))
        .collect();
    let roots = under_their_causes(checks);
    assert_eq!(roots.len(), 1);
    assert_eq!(roots[0].followers.len(), 2);
    assert!(page(&report, &INTERNAL).contains("2 more are not healthy because of check-0"));
}

#[test]
fn only_a_runbook_of_the_web_is_a_link() {
    let mut report = failing(1);
    assert!(page(&report, &INTERNAL).contains("href=\"https://wiki.example.com/db\""));
    report.checks[0].runbook = Some("javascript:alert(1)".into());
    assert!(!page(&report, &INTERNAL).contains("javascript:"));
}

#[test]
fn the_shapes_of_the_history_have_a_text() {
    let mut report = failing(1);
    let result = crate::report::PastResult {
        at: SystemTime::now(),
        latency: Duration::from_millis(3),
        status: Status::Unhealthy,
        reason: Some(Reason::Error),
    };
    report.checks[0].history = Some(History {
        begun: SystemTime::now(),
        availability: 0.5,
        flaps: 2,
        results: vec![result; 2],
        transitions: Vec::new(),
    });
    let page = page(&report, &INTERNAL);
    assert!(page.contains("<title>The last 2 runs: 2 unhealthy; the last failure was less than 1 s ago</title>"));
    assert!(page.contains("<title>Latency of the last 2 runs: 3.0 ms to 3.0 ms</title>"));
    assert!(page.contains("50 %"));
}

#[test]
fn the_nonce_stands_at_the_style_and_the_script() {
    let document = document(b"the rest", "n0nce");
    let document = str::from_utf8(&document).expect("the page is text");
    assert_eq!(document.matches(" nonce=\"n0nce\"").count(), 2);
    assert!(document.ends_with("the rest"));
    assert!(
        !document.contains("http://") && !document.contains("https://"),
        "nothing comes from elsewhere"
    );
}
