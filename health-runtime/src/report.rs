//! What is published: [`Report`], independent of any wire format.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::outcome::{PartReport, Reason, Status};
use crate::spec::Probe;

/// Where the service is between its start and its end.
///
/// The list is closed: a `match` needs no wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not started yet: readiness and startup fail.
    Starting,
    /// Started.
    Running,
    /// Shutting down: readiness fails, for good.
    Draining,
}

impl Phase {
    /// The word in reports: `starting`, `running` or `draining`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a probe says at one moment: the verdict, and the checks that it comes from, failing ones first.
///
/// [`Health::report`](crate::Health::report) makes one. [The states](crate::_documentation::states) explain what it says. More
/// fields may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The question that this answers.
    pub probe: Probe,
    /// The verdict: unhealthy is a failed probe.
    pub status: Status,
    /// Why the probe fails whatever its checks say: `draining`, `stalled`, `held` or `starting`.
    pub reason: Option<Reason>,
    /// How long the runtime took to run something new, of late; absent where it is not watched, see
    /// [`HealthBuilder::stalled_after`](crate::HealthBuilder::stalled_after).
    pub lag: Option<Duration>,
    /// Where the service is between its start and its end.
    pub phase: Phase,
    /// The service's name.
    pub service: Cow<'static, str>,
    /// The service's version.
    pub version: Cow<'static, str>,
    /// The checks: critical failures, other failures, degraded ones, healthy ones.
    pub checks: Vec<CheckReport>,
    /// How many checks were left out for the size of a body; they would stand last.
    pub(crate) omitted: usize,
}

/// One check in a [`Report`]. More fields may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// Its name.
    pub name: Cow<'static, str>,
    /// How it is.
    pub status: Status,
    /// Why it is not simply healthy.
    pub reason: Option<Reason>,
    /// What it checks, for people: `description = "…"` or the doc comment.
    pub description: Option<Cow<'static, str>>,
    /// Whether its failure fails the probe. In readiness: if it is declared `critical`. In liveness and startup: always. In
    /// `/health`: if it is declared `critical` or is in liveness.
    pub critical: bool,
    /// What its last finished run said by itself, before thresholds, `fail_open` and the breaker; absent before the first.
    pub raw_status: Option<Status>,
    /// Why the last finished run was not simply healthy.
    pub raw_reason: Option<Reason>,
    /// How long its last finished run took; absent before the first.
    pub latency: Option<Duration>,
    /// How long ago its last finished run ended, to within a tenth of a second; absent before the first.
    pub age: Option<Duration>,
    /// What its last finished run said, credentials masked, at most 1 KiB. Not for the public.
    pub message: Option<Arc<str>>,
    /// What its last finished run said of each of its [`Parts`](crate::Parts), failing ones first, at most 100; empty where
    /// it has none. Not for the public.
    pub parts: Arc<[PartReport]>,
    /// How many more parts it has, none of them worse than those in `parts`.
    pub omitted_parts: usize,
    /// The address of what to do about its failure: `runbook = "…"`. Not for the public.
    pub runbook: Option<Cow<'static, str>>,
    /// What it belongs to together with others: `groups("…")`; empty without. Not for the public.
    pub groups: Vec<Cow<'static, str>>,
    /// Why a restart of the process helps although it looks at something outside: `restart_helps = "…"`. Not for the
    /// public.
    pub restart_helps: Option<Cow<'static, str>>,
}

/// Who reads a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody: error texts only if the service says so.
    Public,
    /// Whoever is on call.
    Internal,
}

impl Report {
    /// Whether the probe succeeds.
    pub fn passes(&self) -> bool {
        self.status.passes()
    }
}

/// A change of a check's published status or reason. More fields may be added.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Transition {
    /// The check's name.
    pub check: Cow<'static, str>,
    /// Whether its failure fails readiness or liveness: as in a [`Report`](crate::Report) of [`Probe::Health`].
    pub critical: bool,
    /// How it was. Before its first result a check is unhealthy, `pending`.
    pub from: Status,
    /// Why it was so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_reason: Option<Reason>,
    /// How it is.
    pub to: Status,
    /// Why it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_reason: Option<Reason>,
    /// What the run said that turned it, credentials masked, at most 1 KiB. Not for the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<str>>,
    /// When it was noticed. Serialized as `at_ms`, in milliseconds since 1970.
    #[serde(rename = "at_ms", serialize_with = "since_1970")]
    pub at: SystemTime,
}

fn since_1970<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Not as a `u128`, which older versions of serde_json refuse.
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
