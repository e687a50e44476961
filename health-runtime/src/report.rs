//! [`Report`], the published state, independent of any wire format.

mod headline;
mod history;
#[cfg_attr(
    not(any(feature = "serve", feature = "metrics-0_24")),
    allow(dead_code, reason = "nothing else shows metrics")
)]
mod metrics;
#[cfg(test)]
pub(crate) mod samples;
mod waiting;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::detail::Detail;
use crate::outcome::{PartReport, Reason, Status};
use crate::spec::{Probe, Public};

#[cfg(feature = "page")]
pub(crate) use self::headline::{Headline, spoken};
pub use self::history::{History, PastResult, PastTransition};
pub(crate) use self::metrics::{CODES, CheckMetrics, Counts, Metrics, ProbeMetrics, RunEnd};
pub use self::waiting::{HoldReport, StartObstacle, Waiting};

/// The phase that the service is in, from its start to its shutdown.
///
/// This enum is deliberately exhaustive, so you can `match` on it without a wildcard arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The service has not finished starting, so the readiness and startup probes fail. A service that has started but
    /// whose server is not running yet is also in this phase, although in that case only the readiness probe fails.
    Starting,
    /// The service has started.
    Running,
    /// The service is shutting down. Readiness fails and never passes again.
    Draining,
}

impl Phase {
    #[cfg(feature = "utoipa-6")]
    pub(crate) const ALL: [Self; 3] = [Self::Starting, Self::Running, Self::Draining];

    /// Returns the phase as it appears in reports: `starting`, `running` or `draining`.
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

/// The state of a probe at one point in time: its status, along with the checks that determine it.
///
/// Reports are created by [`Health::report`](crate::Health::report). See [the states](crate::_documentation::states)
/// for what they mean. More fields may be added in the future.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The probe that this report describes.
    pub probe: Probe,
    /// The status of the probe. The probe fails if it is unhealthy.
    pub status: Status,
    /// The reason why the service itself fails this probe, regardless of its checks: `draining`, `stalled`, `held`,
    /// `starting` or `not_serving`. This is `None` unless the service itself fails the probe.
    pub reason: Option<Reason>,
    /// The date and time of the states in this report.
    pub at: SystemTime,
    /// Since when the probe has had this status. This is `None` in a report of only some of the checks.
    pub since: Option<SystemTime>,
    /// How long ago the engine was started.
    pub uptime: Duration,
    /// How long it has recently taken until the runtime ran a new task, or `None` if the runtime is not monitored. See
    /// [`HealthBuilder::stalled_after`](crate::HealthBuilder::stalled_after).
    pub lag: Option<Duration>,
    /// The phase that the service is in.
    pub phase: Phase,
    /// Since when the service has been in this phase.
    pub phase_since: SystemTime,
    /// What the service waits for: startup tasks, holds, the end of the drain.
    pub waiting: Waiting,
    /// The name of the service.
    pub service: Cow<'static, str>,
    /// The version of the service.
    pub version: Cow<'static, str>,
    /// The checks of the probe, starting with critical failures, followed by other failures, degraded checks and
    /// finally healthy checks. A failure that has a [`cause`](CheckReport::cause) comes directly after its cause.
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
    /// The name of the failing check that causes the failure of this one, as far as `depends_on` tells. It is the root
    /// of the outage: the cause itself has no cause. This is `None` if the check does not fail, or if its failure has
    /// no known cause.
    pub cause: Option<Cow<'static, str>>,
    /// Since when the check has had its status and reason.
    pub since: SystemTime,
    /// A human-readable description of what the check verifies, taken from `description = "…"` or from the doc comment.
    pub description: Option<Cow<'static, str>>,
    /// Whether the probe fails when this check fails. This depends on the probe that the report describes:
    ///
    /// - In readiness, it is `true` if the check is declared `critical`.
    /// - In liveness and startup, it is always `true`.
    /// - In health, it is `true` if the check is declared `critical`, or if it is in the liveness probe.
    pub critical: bool,
    /// The status returned by the last finished run, before thresholds, `fail_open` and the breaker are applied. This
    /// is `None` if no run has finished yet.
    pub raw_status: Option<Status>,
    /// The reason why the last finished run was not simply healthy, or `None` if it was simply healthy or no run has
    /// finished yet.
    pub raw_reason: Option<Reason>,
    /// How long the last finished run took, or `None` if no run has finished yet.
    pub latency: Option<Duration>,
    /// How long ago the last finished run ended, accurate to a tenth of a second, or `None` if no run has finished yet.
    pub age: Option<Duration>,
    /// When the last finished run ended, accurate to a tenth of a second, or `None` if no run has finished yet. Public
    /// responses do not include it.
    pub checked_at: Option<SystemTime>,
    /// When a run last passed, or `None` if no run has passed yet. Public responses do not include it.
    pub last_success: Option<SystemTime>,
    /// How many runs have failed in a row, before thresholds are applied. Public responses do not include it.
    pub consecutive_failures: u32,
    /// Whether a run is in flight. Public responses do not include it.
    pub is_running: bool,
    /// The time until the next run, or `None` if no run is planned, for example because the check runs on demand.
    /// Public responses do not include it.
    pub next_run: Option<Duration>,
    /// The last results and changes of the check. They are only kept once the service has an internal port or router,
    /// and only a request with `?history` or for the page asks for them. Public responses do not include them.
    pub history: Option<History>,
    /// The message of the last finished run. It is limited to 1 KiB, and credentials in it are masked. Public responses
    /// only include it with [`Public::Details`](crate::Public::Details).
    pub message: Option<Arc<str>>,
    /// The details of the last finished run, in the order in which the check added them. Public responses only include
    /// them with [`Public::Details`](crate::Public::Details).
    pub details: Arc<[Detail]>,
    /// The [`Parts`](crate::Parts) of the last finished run, starting with the failing ones. At most 100 parts are
    /// kept, and the list is empty if the run returned none. Public responses do not include the list.
    pub parts: Arc<[PartReport]>,
    /// The number of parts that were left out of `parts`. None of them is in a worse state than the parts in the list.
    pub omitted_parts: usize,
    /// A link to instructions for what to do when this check fails, as set with `runbook = "…"`. Public responses do
    /// not include it.
    pub runbook: Option<Cow<'static, str>>,
    /// The groups that the check belongs to, as set with `groups("…")`. Public responses do not include them.
    pub groups: Vec<Cow<'static, str>>,
    /// An explanation of why restarting the process helps even though the check looks at something outside of the
    /// process, as set with `restart_helps = "…"`. Public responses do not include it.
    pub restart_helps: Option<Cow<'static, str>>,
    /// The place of the check in the order of declaration.
    pub(crate) index: usize,
}

/// The audience of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody. This audience sees error texts only with `Public::Details`.
    Public,
    /// The person on call.
    Internal,
}

/// Renders a report. It is a function of the service for a path of its own.
pub(crate) type Renderer = Box<dyn Fn(&Report) -> Vec<u8> + Send + Sync>;

impl Report {
    /// Removes what the public must not see.
    pub(crate) fn into_public(mut self, public: Public) -> Self {
        if public == Public::StatusOnly {
            self.checks.clear();
            self.waiting.startup_checks.clear();
            (self.service, self.version, self.omitted, self.reason) = ("".into(), "".into(), 0, None);
        }
        for check in &mut self.checks {
            if public != Public::Details {
                check.message = None;
                check.details = Arc::default();
            }
            check.parts = Arc::default();
            check.omitted_parts = 0;
            (check.description, check.runbook, check.restart_helps) = (None, None, None);
            check.groups.clear();
            (check.raw_status, check.raw_reason, check.age) = (None, None, None);
            (check.checked_at, check.last_success) = (None, None);
            (check.next_run, check.history) = (None, None);
            (check.consecutive_failures, check.is_running) = (0, false);
        }
        self.lag = None;
        self.waiting.forget_names();
        self
    }

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
    /// Whether readiness or liveness fails when this check fails. This is the same value as in a
    /// [`Report`](crate::Report) of [`Probe::Health`].
    pub critical: bool,
    /// The status before the change. Until a check has its first result, it is unhealthy with the reason `pending`.
    pub from: Status,
    /// The reason before the change, or `None` if the check was simply healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_reason: Option<Reason>,
    /// The status after the change.
    pub to: Status,
    /// The reason after the change, or `None` if the check is now simply healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_reason: Option<Reason>,
    /// The message of the run that caused the change. It is limited to 1 KiB, and credentials in it are masked. Like
    /// any message of a check, it is not meant for the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<str>>,
    /// The name of the failing check that causes this failure. See [`CheckReport::cause`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cow<'static, str>>,
    /// When the engine noticed the change. This is serialized as `at_ms`, in milliseconds since 1970.
    #[serde(rename = "at_ms", serialize_with = "since_1970")]
    pub at: SystemTime,
}

fn since_1970<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Not a `u128`: older versions of serde_json refuse it.
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
