//! [`Report`], the published state, independent of any wire format.

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
    /// The service has not started: readiness and startup fail. Or its server does not run yet: readiness fails.
    Starting,
    /// The service has started.
    Running,
    /// The service shuts down: readiness fails for good.
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

/// The state of a probe at one moment: its status, and the checks that it follows from, failing ones first.
///
/// [`Health::report`](crate::Health::report) returns one. [The states](crate::_documentation::states) explain its
/// content. More fields may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The probe.
    pub probe: Probe,
    /// The status of the probe. If it is unhealthy, the probe fails.
    pub status: Status,
    /// Why the service fails this probe, whatever its checks report: `draining`, `stalled`, `held`, `starting` or
    /// `not_serving`.
    pub reason: Option<Reason>,
    /// How long the runtime recently took to run something new. `None` if the runtime is not watched, see
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
    /// How many checks were left out because of the size of the body. They would come last.
    pub(crate) omitted: usize,
}

/// One check in a [`Report`]. More fields may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its status.
    pub status: Status,
    /// Why it is not simply healthy. `None` if it is.
    pub reason: Option<Reason>,
    /// What it checks, for people: `description = "…"` or the doc comment.
    pub description: Option<Cow<'static, str>>,
    /// Whether its failure fails the probe. In readiness: if it is declared `critical`. In liveness and startup:
    /// always. In health: if it is declared `critical`, or is in the liveness probe.
    pub critical: bool,
    /// The status of its last finished run, before thresholds, `fail_open` and the breaker. `None` before the first run
    /// has finished.
    pub raw_status: Option<Status>,
    /// Why its last finished run was not simply healthy.
    pub raw_reason: Option<Reason>,
    /// How long its last finished run took. `None` before the first run has finished.
    pub latency: Option<Duration>,
    /// How long ago its last finished run ended, to within a tenth of a second. `None` before the first run has
    /// finished.
    pub age: Option<Duration>,
    /// The message of its last finished run, with credentials masked, at most 1 KiB. Not for the public.
    pub message: Option<Arc<str>>,
    /// The [`Parts`](crate::Parts) of its last finished run, failing ones first, at most 100. Empty if it has none. Not
    /// for the public.
    pub parts: Arc<[PartReport]>,
    /// How many more parts it has. None of them is worse than those in `parts`.
    pub omitted_parts: usize,
    /// A link to instructions for its failure: `runbook = "…"`. Not for the public.
    pub runbook: Option<Cow<'static, str>>,
    /// The groups that it belongs to: `groups("…")`. Not for the public.
    pub groups: Vec<Cow<'static, str>>,
    /// Why a restart of the process helps, although the check looks at something outside of it: `restart_helps = "…"`.
    /// Not for the public.
    pub restart_helps: Option<Cow<'static, str>>,
}

/// Who reads a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody. Error texts only with `public_details`.
    Public,
    /// The person on call.
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
    /// Whether its failure fails readiness or liveness, as in a [`Report`](crate::Report) of [`Probe::Health`].
    pub critical: bool,
    /// Its status before. Before its first result, a check is unhealthy (`pending`).
    pub from: Status,
    /// Its reason before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_reason: Option<Reason>,
    /// Its status now.
    pub to: Status,
    /// Its reason now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_reason: Option<Reason>,
    /// The message of the run that caused the change, with credentials masked, at most 1 KiB. Not for the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<str>>,
    /// When the change was noticed. Serialized as `at_ms`, in milliseconds since 1970.
    #[serde(rename = "at_ms", serialize_with = "since_1970")]
    pub at: SystemTime,
}

fn since_1970<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Not a `u128`: older versions of serde_json refuse it.
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
