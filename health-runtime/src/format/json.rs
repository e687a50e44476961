//! The default format: a small JSON object for the public, a larger one for whoever is on call.

use std::num::NonZeroUsize;

use bytes::Bytes;
use serde::Serialize;

use crate::outcome::{Reason, Status};
use crate::report::{Audience, CheckReport, Report};

/// Load balancers look at the first KiB, and none keeps more than 4.
const PUBLIC_LIMIT: usize = 4096;

/// Ten thousand checks that are well fit.
const INTERNAL_LIMIT: usize = 1024 * 1024;

/// More checks than this never fit into a public body: each takes some 50 bytes at least.
const MOST_PUBLIC_CHECKS: usize = 80;

/// More of the service's own name than this says nothing.
const NAME: usize = 128;

/// More of an error than this the public does not get, even where it gets any.
const DETAIL: usize = 200;

#[derive(Serialize)]
struct Body<'a> {
    status: Status, // the first key: some probers match on the beginning
    service: &'a str,
    version: &'a str,
    phase: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    checks: Vec<Check<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<NonZeroUsize>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    status: Status,
    critical: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    restart_helps: Option<&'a str>,
}

/// How many checks a report is asked for.
pub(crate) fn most_checks(audience: Audience) -> usize {
    match audience {
        Audience::Public => MOST_PUBLIC_CHECKS,
        Audience::Internal => usize::MAX,
    }
}

/// Renders a report, for the public without error texts unless `details`. What does not fit is counted, last checks
/// first.
pub(crate) fn render(report: &Report, audience: Audience, details: bool) -> Bytes {
    let limit = match audience {
        Audience::Public => PUBLIC_LIMIT,
        Audience::Internal => INTERNAL_LIMIT,
    };
    let mut shown = report.checks.len().min(most_checks(audience));
    loop {
        let body = Body {
            status: report.status,
            service: cut(&report.service, NAME),
            version: cut(&report.version, NAME),
            phase: report.phase.as_str(),
            reason: report.reason,
            checks: report.checks[..shown]
                .iter()
                .map(|check| of_check(check, audience, details))
                .collect(),
            omitted: NonZeroUsize::new(report.omitted + report.checks.len() - shown),
        };
        let mut json = serde_json::to_vec(&body).expect("strings and numbers always serialise");
        json.push(b'\n'); // for people: the shell's prompt stands on its own line
        if json.len() < limit || shown == 0 {
            return json.into();
        }
        shown = (shown * limit / json.len()).min(shown - 1);
    }
}

fn of_check(check: &CheckReport, audience: Audience, details: bool) -> Check<'_> {
    let internal = audience == Audience::Internal;
    let message = check.message.as_deref();
    let message = match audience {
        Audience::Public => message.filter(|_| details).map(|message| cut(message, DETAIL)),
        Audience::Internal => message, // bounded as it is
    };
    Check {
        name: &check.name,
        status: check.status,
        critical: check.critical,
        latency_ms: check
            .latency
            .map(|latency| (latency.as_secs_f64() * 10_000.0).round() / 10.0),
        reason: check.reason,
        message,
        description: check.description.filter(|_| internal),
        runbook: check.runbook.filter(|_| internal),
        groups: if internal { check.groups } else { &[] },
        restart_helps: check.restart_helps.filter(|_| internal),
    }
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
