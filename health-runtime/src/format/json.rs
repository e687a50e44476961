//! The default format: a small JSON object for the public.

use std::num::NonZeroUsize;

use bytes::Bytes;
use serde::Serialize;

use crate::outcome::{Reason, Status};
use crate::report::{CheckReport, Report};

/// Load balancers look at the first KiB, and none keeps more than 4.
const LIMIT: usize = 4096;

/// More checks than this never fit: each takes some 50 bytes at least.
pub(crate) const MOST_CHECKS: usize = 80;

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
}

/// Renders a report, without error texts unless `details`; what does not fit into 4 KiB is counted, last checks first.
pub(crate) fn render(report: &Report, details: bool) -> Bytes {
    let mut shown = report.checks.len().min(MOST_CHECKS);
    loop {
        let body = Body {
            status: report.status,
            service: cut(&report.service, NAME),
            version: cut(&report.version, NAME),
            phase: report.phase.as_str(),
            reason: report.reason,
            checks: report.checks[..shown]
                .iter()
                .map(|check| of_check(check, details))
                .collect(),
            omitted: NonZeroUsize::new(report.omitted + report.checks.len() - shown),
        };
        let mut json = serde_json::to_vec(&body).expect("strings and numbers always serialise");
        json.push(b'\n'); // for people: the shell's prompt stands on its own line
        if json.len() < LIMIT || shown == 0 {
            return json.into();
        }
        shown = (shown * LIMIT / json.len()).min(shown - 1);
    }
}

fn of_check(check: &CheckReport, details: bool) -> Check<'_> {
    let message = check.message.as_deref().filter(|_| details);
    Check {
        name: &check.name,
        status: check.status,
        critical: check.critical,
        latency_ms: check
            .latency
            .map(|latency| (latency.as_secs_f64() * 10_000.0).round() / 10.0),
        reason: check.reason,
        message: message.map(|message| cut(message, DETAIL)),
    }
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
