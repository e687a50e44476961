//! [`Status`] and [`Reason`], which together are a state.

use std::fmt;

/// The status of a check, a part or a probe. See [the states](crate::_documentation::states) for a description of each
/// state.
///
/// This enum is deliberately exhaustive, so you can `match` on it without a wildcard arm. No other status is needed,
/// because load balancers only distinguish between success and failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Everything works as it should. A probe with this status answers with HTTP status 200.
    Healthy,
    /// What is checked works, but not as well as it should. A probe with this status still answers with HTTP status
    /// 200, so that the service keeps receiving traffic.
    Degraded,
    /// What is checked does not work, or its state is unknown. A probe with this status answers with HTTP status 503.
    Unhealthy,
}

impl Status {
    #[cfg(feature = "utoipa-6")]
    pub(crate) const ALL: [Self; 3] = [Self::Healthy, Self::Degraded, Self::Unhealthy];

    /// Returns the status as it appears in reports: `healthy`, `degraded` or `unhealthy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// Returns `true` if a probe with this status succeeds. This includes degraded probes: they answer 200, since there
    /// is no status code for "degraded" that all load balancers understand.
    pub const fn passes(self) -> bool {
        !matches!(self, Self::Unhealthy)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The reason why a status is not simply healthy. Each reason is a single word that is safe to show to anybody. See
/// [the states](crate::_documentation::states) for a description of each reason. More reasons may be added in the
/// future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is nothing to check, for example because the value is `None` or an empty `Vec`. A check with this reason
    /// is healthy.
    Disabled,
    /// A run has been in flight for longer than its timeout and cannot be aborted, because it is blocking its thread.
    Stuck,
    /// The check has failed so often that it is not called again for a while. See [`Breaker`](crate::Breaker).
    BreakerOpen,
    /// No run of the check has finished yet.
    Pending,
    /// The check passed, but its last run ended longer ago than `max_age`, so its current state is unknown.
    Stale,
    /// The check returned an error.
    Error,
    /// The run took longer than its timeout and was aborted.
    Timeout,
    /// The check panicked.
    Panic,
    /// The run was dropped before it finished, either because its runtime is shutting down or because no thread could
    /// be started for it. In a [`ProbeWatch`](crate::ProbeWatch), this reason means that the engine has shut down.
    Cancelled,
    /// The check itself returned a degraded or unhealthy status.
    Reported,
    /// The resource works but is fully in use, like a pool without an idle connection.
    Saturated,
    /// The resource is so busy that no run has received an answer from it within `max_age`. See
    /// [`Outcome::exhausted`](crate::Outcome::exhausted).
    Exhausted,
    /// What is checked took writes before, and takes none now. See [`Outcome::read_only`](crate::Outcome::read_only).
    ReadOnly,
    /// The run succeeded, but it took longer than `degraded_after`.
    Slow,
    /// The service is shutting down.
    Draining,
    /// The runtime that executes the checks has not run a task for at least `stalled_after`, because all of its workers
    /// are blocked.
    Stalled,
    /// Readiness fails because a [`Hold`](crate::Hold) is in place. See [`Health::hold`](crate::Health::hold).
    Held,
    /// The service has not finished starting, or its server is not running yet.
    Starting,
    /// No listener accepts connections anymore, even though the service is not draining. See
    /// [`Health::listener`](crate::Health::listener).
    NotServing,
}

impl Reason {
    #[cfg(feature = "utoipa-6")]
    pub(crate) const ALL: [Self; 19] = [
        Self::Disabled,
        Self::Stuck,
        Self::BreakerOpen,
        Self::Pending,
        Self::Stale,
        Self::Error,
        Self::Timeout,
        Self::Panic,
        Self::Cancelled,
        Self::Reported,
        Self::Saturated,
        Self::Exhausted,
        Self::ReadOnly,
        Self::Slow,
        Self::Draining,
        Self::Stalled,
        Self::Held,
        Self::Starting,
        Self::NotServing,
    ];

    /// Returns the reason as it appears in reports, such as `timeout`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Stuck => "stuck",
            Self::BreakerOpen => "breaker_open",
            Self::Pending => "pending",
            Self::Stale => "stale",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
            Self::Reported => "reported",
            Self::Saturated => "saturated",
            Self::Exhausted => "exhausted",
            Self::ReadOnly => "read_only",
            Self::Slow => "slow",
            Self::Draining => "draining",
            Self::Stalled => "stalled",
            Self::Held => "held",
            Self::Starting => "starting",
            Self::NotServing => "not_serving",
        }
    }

    /// Returns `true` if this reason is evidence that the check fails. Only evidence fails the liveness probe, because
    /// a failed liveness probe restarts the process. `BreakerOpen` is evidence, because a breaker only opens after
    /// failures.
    ///
    /// `Exhausted` is not evidence, because the run got no answer at all. Under load, a restart makes things worse: it
    /// aborts the in-flight work, and the callers try again. To detect work that hangs inside the process, use a
    /// `Heartbeat`.
    pub(crate) const fn is_evidence(self) -> bool {
        matches!(
            self,
            Self::Error
                | Self::Timeout
                | Self::Panic
                | Self::Stuck
                | Self::Reported
                | Self::ReadOnly
                | Self::BreakerOpen
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
