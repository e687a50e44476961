//! Text for people, in the format of the API server of Kubernetes (`staging/src/k8s.io/apiserver/pkg/server/healthz`).
//!
//! It differs in these points:
//!
//! - The status code of a failure is 503 and not 500.
//! - The first line is the headline, unless the body is only `ok`.
//! - The internal port shows why a check fails. The public only ever sees the reason code of a single check.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bytes::Bytes;

use crate::format::{Scope, limit, omitted};
use crate::outcome::Reason;
use crate::report::{Audience, CheckReport, Report};
use crate::spec::Probe;
use crate::text::breaks_line;

/// The lines of excluded checks have at most this many bytes, and so have the names that are unknown. So a public body
/// without any check has room for both.
const EXCLUDED: usize = 1024;

const PASSED: &str = "ok";

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    let passes = report.passes();
    if passes && (!scope.verbose || scope.is_status_only()) {
        return Bytes::from_static(PASSED.as_bytes());
    }
    if scope.one && !scope.verbose && !scope.is_status_only() {
        return format!("internal server error: {}\n", one(report, scope)).into();
    }
    let headline = scope.headline(report);
    limit::fit(report, scope.audience, |shown| {
        lines(report, scope, &headline, shown).into()
    })
}

/// The headline, a line for each check in the order of declaration, and the state of the probe.
fn lines(report: &Report, scope: &Scope, headline: &str, shown: usize) -> String {
    let mut text = String::new();
    if !scope.is_status_only() {
        let checks = report.checks[..shown]
            .iter()
            .map(|check| (check.index, line(check, scope.audience)));
        let mut lines: Vec<_> = checks.chain(excluded(scope)).collect();
        lines.sort_by_key(|(index, _)| *index);
        let _ = writeln!(text, "{headline}");
        text.extend(lines.into_iter().map(|(_, line)| line));
        if let Some(count) = omitted(report, shown) {
            let _ = writeln!(text, "{count} more checks are left out");
        }
        text.push_str(&warning(scope));
    }
    let state = if report.passes() { "passed" } else { "failed" };
    let _ = writeln!(text, "{} check {state}", probe(report.probe));
    text
}

/// A line for each excluded check, with its place in the order of declaration.
fn excluded(scope: &Scope) -> impl Iterator<Item = (usize, String)> {
    let lines = scope.excluded.iter().map(|excluded| {
        let with = excluded.with.as_ref().map(|with| format!(" with {with}"));
        let line = format!("[+]{} excluded{}: ok\n", excluded.name, with.unwrap_or_default());
        (excluded.index, line)
    });
    lines.scan(EXCLUDED, |room, (index, line)| {
        *room = room.checked_sub(line.len())?;
        Some((index, line))
    })
}

/// The names that the query excludes although no check has them. Like the API server, sorted and each of them once.
fn warning(scope: &Scope) -> String {
    let names: BTreeSet<_> = scope.unmatched.iter().map(|name| format!("{name:?}")).collect();
    let mut listed = String::new();
    for (index, name) in names.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        if listed.len() + comma.len() + name.len() > EXCLUDED {
            let _ = write!(listed, " and {} more", names.len() - index);
            break;
        }
        listed.push_str(comma);
        listed.push_str(name);
    }
    if names.is_empty() {
        return listed;
    }
    format!("warn: some health checks cannot be excluded: no matches for {listed}\n")
}

fn line(check: &CheckReport, audience: Audience) -> String {
    if check.status.passes() {
        return format!("[+]{} ok\n", check.name);
    }
    let why = match audience {
        Audience::Public => "reason withheld".to_owned(),
        Audience::Internal => why(check),
    };
    format!("[-]{} failed: {why}\n", check.name)
}

/// Why the probe fails that asks about one check.
fn one(report: &Report, scope: &Scope) -> String {
    let reason = report.reason.map(|reason| reason.as_str().to_owned());
    let check = report.checks.first();
    let of_check = || match scope.audience {
        Audience::Public => check
            .and_then(|check| check.reason)
            .map(|reason| reason.as_str().to_owned()),
        Audience::Internal => check.map(why),
    };
    reason
        .or_else(of_check)
        .unwrap_or_else(|| report.status.as_str().to_owned())
}

/// The message of the check, or else its reason. Both are one line.
fn why(check: &CheckReport) -> String {
    let message = check.message.as_deref().filter(|message| !message.is_empty());
    let reason = check.reason.map_or(check.status.as_str(), Reason::as_str);
    message.unwrap_or(reason).replace(breaks_line, " ")
}

const fn probe(probe: Probe) -> &'static str {
    match probe {
        Probe::Liveness => "livez",
        Probe::Readiness => "readyz",
        Probe::Startup => "startupz",
        Probe::Health => "healthz",
    }
}

pub(super) fn refusal(why: &'static str) -> Bytes {
    format!("{why}\n").into()
}
