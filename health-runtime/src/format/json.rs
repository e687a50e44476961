//! The default format: a small JSON object for the public, and a larger one for the person on call.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::detail::Detail;
use crate::format::{LABEL, Scope, cut, limit, omitted};
use crate::outcome::{PartReport, Reason, Status};
use crate::report::{Audience, CheckReport, History, PastResult, PastTransition, Phase, Report};
use crate::spec::{Probe, Public};
use crate::text::Date;

/// The scope of a serialized report.
const INTERNAL: Scope = Scope::whole(Audience::Internal, Public::Details);

#[derive(Serialize)]
struct Body<'a> {
    status: Status, // the first key: some probers match on the beginning
    service: &'a str,
    version: &'a str,
    phase: Phase,
    /// Since when the service has been in this phase.
    since: Date,
    uptime_s: u64,
    /// Only in a serialized [`Report`]. Over HTTP, the path names the probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Probe>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_ms: Option<f64>,
    checks: Vec<Check<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<NonZeroUsize>,
}

impl<'a> Body<'a> {
    /// The body with the first `shown` checks of the report.
    fn new(report: &'a Report, shown: usize, scope: &Scope) -> Self {
        Self {
            status: report.status,
            service: cut(&report.service, LABEL),
            version: cut(&report.version, LABEL),
            phase: report.phase,
            since: Date(report.phase_since),
            uptime_s: report.uptime.as_secs(),
            probe: None,
            reason: report.reason,
            lag_ms: report.lag.filter(|_| scope.is_internal()).map(millis),
            checks: report.checks[..shown]
                .iter()
                .map(|check| Check::new(check, scope))
                .collect(),
            omitted: omitted(report, shown),
        }
    }
}

/// Serializes the report in the format of the internal port, with its probe and all of its checks. The output contains
/// error texts, so do not show it to the public.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let probe = Some(self.probe);
        let body = Body::new(self, self.checks.len(), &INTERNAL);
        Body { probe, ..body }.serialize(serializer)
    }
}

/// Serializes the report of the check in the format of the internal port. The output contains error texts, so do not
/// show it to the public.
impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Check::new(self, &INTERNAL).serialize(serializer)
    }
}

/// Serializes the report of the part in the format of the internal port. The output contains error texts, so do not
/// show it to the public.
impl Serialize for PartReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part::new(self).serialize(serializer)
    }
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
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "DetailMap::is_empty")]
    details: DetailMap<'a>,
    #[serde(flatten)]
    internal: Option<Internal<'a>>,
}

impl<'a> Check<'a> {
    fn new(check: &'a CheckReport, scope: &Scope) -> Self {
        Self {
            name: &check.name,
            status: check.status,
            critical: check.critical,
            latency_ms: check.latency.map(millis),
            reason: check.reason,
            cause: check.cause.as_deref(),
            message: scope.message(check),
            details: DetailMap(scope.details(check)),
            internal: scope.is_internal().then(|| Internal::new(check)),
        }
    }
}

/// The details as an object, in the order in which the check added them.
pub(super) struct DetailMap<'a>(pub(super) &'a [Detail]);

impl DetailMap<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for DetailMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|detail| (&*detail.name, &detail.value)))
    }
}

/// What the public does not see of a check.
#[derive(Serialize)]
struct Internal<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<f64>,
    since: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<Date>,
    consecutive_failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [Cow<'static, str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    restart_helps: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted_parts: Option<NonZeroUsize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Past>,
}

impl<'a> Internal<'a> {
    fn new(check: &'a CheckReport) -> Self {
        Self {
            raw_status: check.raw_status,
            raw_reason: check.raw_reason,
            age_ms: check.age.map(millis),
            since: Date(check.since),
            checked_at: check.checked_at.map(Date),
            last_success: check.last_success.map(Date),
            consecutive_failures: check.consecutive_failures,
            next_run_ms: check.next_run.map(millis),
            description: check.description.as_deref(),
            runbook: check.runbook.as_deref(),
            groups: &check.groups,
            restart_helps: check.restart_helps.as_deref(),
            parts: check.parts.iter().map(Part::new).collect(),
            omitted_parts: NonZeroUsize::new(check.omitted_parts),
            history: check.history.as_ref().map(Past::new),
        }
    }
}

/// The history of a check. The keys of an entry are short, because there are up to 170 entries.
#[derive(Serialize)]
struct Past {
    begun: Date,
    availability: f64,
    flaps: usize,
    results: Vec<PastEntry>,
    transitions: Vec<PastEntry>,
}

#[derive(Serialize)]
struct PastEntry {
    at: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_reason: Option<Reason>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

impl Past {
    fn new(history: &History) -> Self {
        let result = |result: &PastResult| PastEntry {
            at: Date(result.at),
            latency_ms: Some(millis(result.latency)),
            from: None,
            from_reason: None,
            status: result.status,
            reason: result.reason,
        };
        let transition = |transition: &PastTransition| PastEntry {
            at: Date(transition.at),
            latency_ms: None,
            from: Some(transition.from),
            from_reason: transition.from_reason,
            status: transition.to,
            reason: transition.to_reason,
        };
        Self {
            begun: Date(history.begun),
            availability: (history.availability * 10_000.0).round() / 10_000.0,
            flaps: history.flaps,
            results: history.results.iter().map(result).collect(),
            transitions: history.transitions.iter().map(transition).collect(),
        }
    }
}

#[derive(Serialize)]
struct Part<'a> {
    name: &'a str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "DetailMap::is_empty")]
    details: DetailMap<'a>,
}

impl<'a> Part<'a> {
    fn new(part: &'a PartReport) -> Self {
        Self {
            name: &part.name,
            status: part.status,
            reason: part.reason,
            message: part.message.as_deref(),
            details: DetailMap(&part.details),
        }
    }
}

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    if scope.is_status_only() {
        return line(&StatusOnly { status: report.status });
    }
    limit::fit(report, scope.audience, |shown| line(&Body::new(report, shown, scope)))
}

#[derive(Serialize)]
struct StatusOnly {
    status: Status,
}

pub(super) fn refusal(why: &'static str) -> Bytes {
    #[derive(Serialize)]
    struct Refusal {
        error: &'static str,
    }
    line(&Refusal { error: why })
}

/// The JSON, with a newline at the end, so that the shell's prompt is on its own line.
pub(super) fn line(body: &impl Serialize) -> Bytes {
    let mut json = serde_json::to_vec(body).expect("strings and numbers always serialise");
    json.push(b'\n');
    json.into()
}

/// Milliseconds with one decimal.
pub(super) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
