//! The default format: a small JSON object for the public, and a larger one for the person on call.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::detail::Detail;
use crate::outcome::{PartReport, Reason, Status};
use crate::report::{Audience, CheckReport, Phase, Report};
use crate::spec::Probe;
use crate::text::boundary;

/// Load balancers read the first KiB. None of them keeps more than 4 KiB.
const PUBLIC_LIMIT: usize = 4096;

/// Enough for ten thousand healthy checks.
const INTERNAL_LIMIT: usize = 1024 * 1024;

/// A public body never has room for more checks than this, because each check takes about 50 bytes or more.
const MOST_PUBLIC_CHECKS: usize = 80;

/// The longest name or version of the service that is shown, in bytes.
const NAME: usize = 128;

/// The public sees at most this many bytes of an error, if it sees errors at all.
const MESSAGE: usize = 200;

#[derive(Serialize)]
struct Body<'a> {
    status: Status, // the first key: some probers match on the beginning
    service: &'a str,
    version: &'a str,
    phase: Phase,
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
    fn new(report: &'a Report, shown: usize, audience: Audience, public_details: bool) -> Self {
        Self {
            status: report.status,
            service: cut(&report.service, NAME),
            version: cut(&report.version, NAME),
            phase: report.phase,
            probe: None,
            reason: report.reason,
            lag_ms: report.lag.filter(|_| audience == Audience::Internal).map(millis),
            checks: report.checks[..shown]
                .iter()
                .map(|check| Check::new(check, audience, public_details))
                .collect(),
            omitted: NonZeroUsize::new(report.omitted + report.checks.len() - shown),
        }
    }
}

/// Serializes the report in the format of the internal port, with its probe and all of its checks. The output contains
/// error texts, so do not show it to the public.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let probe = Some(self.probe);
        let body = Body::new(self, self.checks.len(), Audience::Internal, true);
        Body { probe, ..body }.serialize(serializer)
    }
}

/// Serializes the report of the check in the format of the internal port. The output contains error texts, so do not
/// show it to the public.
impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Check::new(self, Audience::Internal, true).serialize(serializer)
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
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "DetailMap::is_empty")]
    details: DetailMap<'a>,
    #[serde(flatten)]
    internal: Option<Internal<'a>>,
}

impl<'a> Check<'a> {
    fn new(check: &'a CheckReport, audience: Audience, public_details: bool) -> Self {
        let (message, details) = (check.message.as_deref(), &*check.details);
        let (message, details, internal) = match audience {
            Audience::Public if !public_details => (None, [].as_slice(), None),
            Audience::Public => (message.map(|message| cut(message, MESSAGE)), details, None),
            Audience::Internal => (message, details, Some(Internal::new(check))), // bounded as it is
        };
        Self {
            name: &check.name,
            status: check.status,
            critical: check.critical,
            latency_ms: check.latency.map(millis),
            reason: check.reason,
            message,
            details: DetailMap(details),
            internal,
        }
    }
}

/// The details as an object, in the order in which the check added them.
struct DetailMap<'a>(&'a [Detail]);

impl DetailMap<'_> {
    fn is_empty(&self) -> bool {
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
}

impl<'a> Internal<'a> {
    fn new(check: &'a CheckReport) -> Self {
        Self {
            raw_status: check.raw_status,
            raw_reason: check.raw_reason,
            age_ms: check.age.map(millis),
            description: check.description.as_deref(),
            runbook: check.runbook.as_deref(),
            groups: &check.groups,
            restart_helps: check.restart_helps.as_deref(),
            parts: check.parts.iter().map(Part::new).collect(),
            omitted_parts: NonZeroUsize::new(check.omitted_parts),
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

pub(super) fn most_checks(audience: Audience) -> usize {
    match audience {
        Audience::Public => MOST_PUBLIC_CHECKS,
        Audience::Internal => usize::MAX,
    }
}

pub(super) fn render(report: &Report, audience: Audience, public_details: bool) -> Bytes {
    let limit = match audience {
        Audience::Public => PUBLIC_LIMIT,
        Audience::Internal => INTERNAL_LIMIT,
    };
    // Checks that cannot fit are not rendered, because they would be thrown away.
    let mut room = limit;
    let fits = |check: &&CheckReport| {
        let before = room;
        room = room.saturating_sub(least(check, audience));
        before > 0
    };
    let fitting = report.checks.iter().take_while(fits).count();
    let mut shown = fitting.min(most_checks(audience));
    loop {
        let body = Body::new(report, shown, audience, public_details);
        let json = line(&body);
        if json.len() < limit || shown == 0 {
            return json;
        }
        shown = proportional(shown, limit, json.len()).min(shown - 1);
    }
}

pub(super) fn refusal(why: &'static str) -> Bytes {
    #[derive(Serialize)]
    struct Refusal {
        error: &'static str,
    }
    line(&Refusal { error: why })
}

/// The JSON, with a newline at the end, so that the shell's prompt is on its own line.
fn line(body: &impl Serialize) -> Bytes {
    let mut json = serde_json::to_vec(body).expect("strings and numbers always serialise");
    json.push(b'\n');
    json.into()
}

/// How many checks fit, if this many checks take this many bytes. The product of both overflows a 32-bit `usize` from
/// 4,096 checks on.
fn proportional(checks: usize, limit: usize, bytes: usize) -> usize {
    let fit = checks as u128 * limit as u128 / bytes as u128;
    usize::try_from(fit).unwrap_or(checks)
}

/// The least number of bytes that the check takes.
fn least(check: &CheckReport, audience: Audience) -> usize {
    let said = |message: &Option<Arc<str>>| message.as_ref().map_or(0, |message| message.len());
    let parts = check.parts.iter().map(|part| part.name.len() + said(&part.message));
    match audience {
        Audience::Public => check.name.len(),
        Audience::Internal => check.name.len() + said(&check.message) + parts.sum::<usize>(),
    }
}

/// Milliseconds with one decimal.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn cut(text: &str, most: usize) -> &str {
    &text[..boundary::floor(text, most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proportional_limit_does_not_overflow_for_any_number_of_checks() {
        assert_eq!(proportional(100, 1_000, 4_000), 25);
        // On 64 bits the product overflows only here; on 32 bits it does with 4,096 checks on the internal port.
        assert_eq!(
            proportional(usize::MAX / 2, INTERNAL_LIMIT, usize::MAX - 1),
            INTERNAL_LIMIT / 2
        );
    }
}
