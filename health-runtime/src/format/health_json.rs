//! `application/health+json`, the format of draft-inadarei-api-health-check-06. The draft has expired, and there is no
//! later one.
//!
//! - A response says how old it may get at most. The probes forbid every cache to keep it, which the draft allows.
//! - `version` would be the version of the service's own API, which is not known here. `releaseId` has the version.
//! - Beside the keys of the draft, a check has `critical` and `cause`, and on the internal port `details`.

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::format::json::{DetailMap, line, millis};
use crate::format::{LABEL, Scope, cut, limit, omitted};
use crate::outcome::{PartReport, Reason, Status};
use crate::report::{CheckReport, Report};
use crate::text::Date;

/// The draft has three types of components. The two others would claim more than is known of a check.
const COMPONENT: &str = "component";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    status: &'static str, // the first key: some probers match on the beginning
    service_id: &'a str,
    release_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Reason>,
    #[serde(skip_serializing_if = "Checks::is_empty")]
    checks: Checks<'a>,
}

/// An object with an entry for each check. Each value is an array, as the draft demands.
struct Checks<'a> {
    checks: &'a [CheckReport],
    scope: &'a Scope,
}

impl Checks<'_> {
    fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }
}

impl Serialize for Checks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // No name of a check contains a colon.
        let key = |check: &CheckReport| format!("{}:responseTime", check.name);
        serializer.collect_map(self.checks.iter().map(|check| (key(check), nodes(check, self.scope))))
    }
}

/// The check itself, and on the internal port each of its parts.
fn nodes<'a>(check: &'a CheckReport, scope: &Scope) -> Vec<Node<'a>> {
    let parts = if scope.is_internal() { &*check.parts } else { &[] };
    let whole = Node::of_check(check, scope);
    std::iter::once(whole).chain(parts.iter().map(Node::of_part)).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_id: Option<&'a str>,
    component_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Links<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    critical: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "DetailMap::is_empty")]
    details: DetailMap<'a>,
}

#[derive(Serialize)]
struct Links<'a> {
    /// A registered link relation: where to find help.
    help: &'a str,
}

impl<'a> Node<'a> {
    fn of_check(check: &'a CheckReport, scope: &Scope) -> Self {
        let latency = check.latency.map(millis);
        let runbook = check.runbook.as_deref().filter(|_| scope.is_internal());
        Self {
            status: status(check.status),
            component_id: None,
            component_type: COMPONENT,
            observed_value: latency,
            observed_unit: latency.map(|_| "ms"),
            time: check.checked_at.filter(|_| scope.is_internal()).map(Date),
            output: output(check.status, scope.message(check), check.reason),
            links: runbook.map(|help| Links { help }),
            critical: Some(check.critical),
            cause: check.cause.as_deref(),
            details: DetailMap(scope.details(check)),
        }
    }

    fn of_part(part: &'a PartReport) -> Self {
        Self {
            status: status(part.status),
            component_id: Some(&part.name),
            component_type: COMPONENT,
            observed_value: None,
            observed_unit: None,
            time: None,
            output: output(part.status, part.message.as_deref(), part.reason),
            links: None,
            critical: None,
            cause: None,
            details: DetailMap(&part.details),
        }
    }
}

/// The message, or else the reason. The draft wants no output of what passes.
fn output(status: Status, message: Option<&str>, reason: Option<Reason>) -> Option<&str> {
    match status {
        Status::Healthy => None,
        _ => message
            .filter(|message| !message.is_empty())
            .or(reason.map(Reason::as_str)),
    }
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Healthy => "pass",
        Status::Degraded => "warn",
        Status::Unhealthy => "fail",
    }
}

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    #[derive(Serialize)]
    struct StatusOnly {
        status: &'static str,
    }
    let status = status(report.status);
    if scope.is_status_only() {
        return line(&StatusOnly { status });
    }
    let trouble = scope.trouble(report);
    limit::fit(report, scope.audience, |shown| {
        let left_out = omitted(report, shown).map(|count| format!("{count} more checks are left out"));
        line(&Body {
            status,
            service_id: cut(&report.service, LABEL),
            release_id: cut(&report.version, LABEL),
            notes: trouble.iter().cloned().chain(left_out).collect(),
            output: report.reason,
            checks: Checks {
                checks: &report.checks[..shown],
                scope,
            },
        })
    })
}
