//! Text for people, in the format of the API server of Kubernetes (`staging/src/k8s.io/apiserver/pkg/server/healthz`).
//!
//! It differs in three things: the status code is 503 and not 500, the first line is the headline, and the internal port
//! shows why a check fails.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::format::{Scope, limit};
use crate::outcome::Reason;
use crate::report::{Audience, CheckReport, Report};
use crate::spec::{Probe, Public};

const PASSED: &str = "ok";

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    let passes = report.passes();
    if passes && (!scope.verbose || scope.is_status_only()) {
        return Bytes::from_static(PASSED.as_bytes());
    }
    if scope.one && !scope.verbose && !scope.is_status_only() {
        return format!("internal server error: {}\n", one(report, scope)).into();
    }
    limit::fit(report, scope.audience, |shown| lines(report, scope, shown).into())
}

/// The headline, a line for each check in the order of declaration, and the state of the probe.
fn lines(report: &Report, scope: &Scope, shown: usize) -> String {
    let mut text = String::new();
    let checks = &report.checks[..shown];
    if !scope.is_status_only() {
        text.push_str(&headline(report, scope));
        text.push('\n');
        let checks = checks.iter().map(|check| (check.index, line(check, scope.audience)));
        let excluded = scope.excluded.iter().map(|excluded| {
            let with = excluded.with.as_ref().map(|with| format!(" with {with}"));
            let line = format!("[+]{} excluded{}: ok\n", excluded.name, with.unwrap_or_default());
            (excluded.index, line)
        });
        let mut lines: Vec<_> = checks.chain(excluded).collect();
        lines.sort_by_key(|(index, _)| *index);
        text.extend(lines.into_iter().map(|(_, line)| line));
        let omitted = report.omitted + report.checks.len() - shown;
        if omitted > 0 {
            let _ = writeln!(text, "{omitted} more checks are left out");
        }
        if !scope.unmatched.is_empty() {
            let names: Vec<_> = scope.unmatched.iter().map(|name| format!("{name:?}")).collect();
            let names = names.join(", ");
            let _ = writeln!(
                text,
                "warn: some health checks cannot be excluded: no matches for {names}"
            );
        }
    }
    let _ = writeln!(
        text,
        "{} check {}",
        probe(report.probe),
        if report.passes() { "passed" } else { "failed" }
    );
    text
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

/// The headline for this audience.
fn headline(report: &Report, scope: &Scope) -> String {
    match scope.audience {
        Audience::Public => report.clone().into_public(Public::CheckStates).headline(),
        Audience::Internal => report.headline(),
    }
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
    message.unwrap_or(reason).replace(char::is_control, " ")
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
