//! [`Report`], the published state, independent of any wire format.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::outcome::{PartReport, Reason, Status};
use crate::spec::Probe;

/// The phase of the service's life, from its start to its shutdown.
///
/// This enum is exhaustive, so a `match` on it needs no wildcard arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The service has not started, so the readiness and startup probes fail. If the service has started but its server
    /// is not running yet, it is also in this phase, and then only the readiness probe fails.
    Starting,
    /// The service has started.
    Running,
    /// The service is shutting down. Readiness fails and never passes again.
    Draining,
}

impl Phase {
    /// Returns the word that is used in reports: `starting`, `running` or `draining`.
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

/// The state of a probe at one point in time. It contains the probe's status and the checks that determine it. Failing
/// checks come first.
///
/// You get a report from [`Health::report`](crate::Health::report). For the meaning of its content, see
/// [the states](crate::_documentation::states). More fields may be added in the future.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The probe that this report describes.
    pub probe: Probe,
    /// The status of the probe. If it is unhealthy, the probe fails.
    pub status: Status,
    /// The reason why the service itself fails this probe, regardless of its checks. It is one of `draining`,
    /// `stalled`, `held`, `starting` and `not_serving`. `None` if the service itself does not fail the probe.
    pub reason: Option<Reason>,
    /// How long the runtime has recently taken to run a new task. `None` if the runtime is not watched. See
    /// [`HealthBuilder::stalled_after`](crate::HealthBuilder::stalled_after).
    pub lag: Option<Duration>,
    /// The phase of the service's life, from its start to its shutdown.
    pub phase: Phase,
    /// The name of the service.
    pub service: Cow<'static, str>,
    /// The version of the service.
    pub version: Cow<'static, str>,
    /// The checks of the probe. Critical failures come first, followed by other failures, degraded checks and healthy
    /// checks.
    pub checks: Vec<CheckReport>,
    /// The number of checks that were left out because the body would be too large. They would come last.
    pub(crate) omitted: usize,
}

/// The state of a single check in a [`Report`]. More fields may be added in the future.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// The name of the check.
    pub name: Cow<'static, str>,
    /// The status of the check.
    pub status: Status,
    /// The reason why the check is not simply healthy, or `None` if it is.
    pub reason: Option<Reason>,
    /// A description for people of what the check verifies. It comes from `description = "…"` or from the doc comment.
    pub description: Option<Cow<'static, str>>,
    /// Whether a failure of this check fails the probe. This depends on the probe of the report:
    ///
    /// - In readiness, it is `true` if the check is declared `critical`.
    /// - In liveness and startup, it is always `true`.
    /// - In health, it is `true` if the check is declared `critical`, or if it is in the liveness probe.
    pub critical: bool,
    /// The status that the last finished run returned, before thresholds, `fail_open` and the breaker are applied.
    /// `None` if no run has finished yet.
    pub raw_status: Option<Status>,
    /// The reason why the last finished run was not simply healthy.
    pub raw_reason: Option<Reason>,
    /// How long the last finished run took. `None` if no run has finished yet.
    pub latency: Option<Duration>,
    /// How long ago the last finished run ended, accurate to a tenth of a second. `None` if no run has finished yet.
    pub age: Option<Duration>,
    /// The message of the last finished run. It is at most 1 KiB long, and credentials in it are masked. It is not
    /// shown to the public.
    pub message: Option<Arc<str>>,
    /// The [`Parts`](crate::Parts) of the last finished run. At most 100 parts are kept, and failing parts come first.
    /// The list is empty if the run returned no parts. It is not shown to the public.
    pub parts: Arc<[PartReport]>,
    /// The number of parts that were left out of `parts`. None of them is worse than the parts in that list.
    pub omitted_parts: usize,
    /// A link to instructions for handling a failure of this check. It is set with `runbook = "…"`. It is not shown to
    /// the public.
    pub runbook: Option<Cow<'static, str>>,
    /// The groups that the check belongs to. They are set with `groups("…")`. They are not shown to the public.
    pub groups: Vec<Cow<'static, str>>,
    /// An explanation of why restarting the process helps, although the check looks at something outside of the
    /// process. It is set with `restart_helps = "…"`. It is not shown to the public.
    pub restart_helps: Option<Cow<'static, str>>,
}

/// The audience of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody. This audience sees error texts only if `public_details` is set.
    Public,
    /// The person on call.
    Internal,
}

impl Report {
    /// Returns `true` if the probe succeeds. A degraded probe succeeds too.
    pub fn passes(&self) -> bool {
        self.status.passes()
    }
}

/// A change of a check's published status or reason. More fields may be added in the future.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Transition {
    /// The name of the check.
    pub check: Cow<'static, str>,
    /// Whether a failure of this check fails readiness or liveness. This is the same value as in a
    /// [`Report`](crate::Report) of [`Probe::Health`].
    pub critical: bool,
    /// The status before the change. Before its first result, a check is unhealthy with the reason `pending`.
    pub from: Status,
    /// The reason before the change, or `None` if the check was simply healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_reason: Option<Reason>,
    /// The status after the change.
    pub to: Status,
    /// The reason after the change, or `None` if the check is now simply healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_reason: Option<Reason>,
    /// The message of the run that caused the change. It is at most 1 KiB long, and credentials in it are masked. It is
    /// not shown to the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<str>>,
    /// The time at which the engine noticed the change. It is serialized as `at_ms`, in milliseconds since 1970.
    #[serde(rename = "at_ms", serialize_with = "since_1970")]
    pub at: SystemTime,
}

fn since_1970<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Not a `u128`: older versions of serde_json refuse it.
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
