//! What a check says of itself: [`Status`], [`Outcome`], and everything a check function may return.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A boxed error, as `?` makes it from any error type, from a `String` or from a `&str`.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a check returns.
///
/// `Ok(())` is spelled `Ok(Outcome::healthy())`; an `Err` makes the check unhealthy with reason `error`, and its text
/// goes to the log, and to the public only with `public_details`.
pub type CheckResult = Result<Outcome, BoxError>;

/// A run of a check: what [`Checks::with`](crate::Checks::with) and [`HealthFn::call`](crate::HealthFn::call) return.
///
/// ```
/// use health_runtime::{CheckFuture, Outcome};
///
/// fn ping(host: &str) -> CheckFuture<'_> {
///     Box::pin(async move { Ok(Outcome::degraded(format!("{host} is slow"))) })
/// }
/// ```
pub type CheckFuture<'a> = Pin<Box<dyn Future<Output = CheckResult> + Send + 'a>>;

/// How something is: the only three words a report uses. See [the states](crate::_documentation::states).
///
/// The list is closed, because load balancers understand no third HTTP code: a `match` needs no wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// All is well. HTTP 200.
    Healthy,
    /// It works, but not as it should. HTTP 200: still routed to.
    Degraded,
    /// It does not work. HTTP 503.
    Unhealthy,
}

impl Status {
    /// The word in reports: `healthy`, `degraded` or `unhealthy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// Whether a probe with this status succeeds. Degraded does: no load balancer agrees with another on anything
    /// between 200 and 503.
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

/// Why something is not simply healthy: one word, safe to show to anybody. See [the states](crate::_documentation::states).
/// More words may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The check's value is absent (`None`, an empty `Vec`), so there is nothing to check: healthy.
    Disabled,
    /// A run is in flight for longer than its timeout and cannot be aborted: it blocks its thread.
    Stuck,
    /// After too many failures it is not called for a while, see [`Breaker`](crate::Breaker).
    BreakerOpen,
    /// No run has finished yet.
    Pending,
    /// The last finished run passed and is older than `max_age`: the state now is unknown.
    Stale,
    /// The check returned an error.
    Error,
    /// The run was aborted at its timeout.
    Timeout,
    /// The check panicked.
    Panic,
    /// The run was dropped before it finished: its runtime is shutting down or gone.
    Cancelled,
    /// The check itself said degraded or unhealthy.
    Reported,
    /// The resource works but is fully in use, such as a pool without an idle connection.
    Saturated,
    /// The resource is fully in use, so the run could not ask it, and it has not answered for `max_age`.
    Exhausted,
    /// The run succeeded, but took longer than `degraded_after`.
    Slow,
    /// The service is shutting down.
    Draining,
    /// The runtime that the checks run on has run nothing for as long as `stalled_after` allows: all its workers are blocked.
    Stalled,
    /// Somebody holds readiness back, see [`Health::hold`](crate::Health::hold).
    Held,
    /// The service has not finished starting, or its server does not accept connections yet.
    Starting,
    /// No server accepts connections any more, although the service is not shutting down: see
    /// [`Health::listener`](crate::Health::listener).
    NotServing,
}

impl Reason {
    /// The word in reports, such as `timeout`.
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
            Self::Slow => "slow",
            Self::Draining => "draining",
            Self::Stalled => "stalled",
            Self::Held => "held",
            Self::Starting => "starting",
            Self::NotServing => "not_serving",
        }
    }

    /// Whether this says that the check is broken, and not merely that nothing is known: what a liveness probe may
    /// restart a process for. A breaker opens on failures alone, and mends nothing.
    ///
    /// `Exhausted` is no evidence: the run could not ask. Under load a restart makes things worse, because it ends the work
    /// in flight and the callers try again. Use a `Heartbeat` to detect work that hangs inside the process.
    pub(crate) const fn is_evidence(self) -> bool {
        matches!(
            self,
            Self::Error | Self::Timeout | Self::Panic | Self::Stuck | Self::Reported | Self::BreakerOpen
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

/// What a check found out: a status, and for the log a few words on it.
///
/// ```
/// use health_runtime::{Outcome, Status};
///
/// let lagging = Outcome::degraded("replica is 12 s behind");
/// assert_eq!(lagging.status(), Status::Degraded);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    status: Status,
    reason: Option<Reason>,
    message: Option<String>,
    parts: Option<PartList>,
}

impl Outcome {
    /// All is well.
    pub const fn healthy() -> Self {
        Self {
            status: Status::Healthy,
            reason: None,
            message: None,
            parts: None,
        }
    }

    /// There is nothing to check.
    pub(crate) const fn disabled() -> Self {
        let mut outcome = Self::healthy();
        outcome.reason = Some(Reason::Disabled);
        outcome
    }

    /// It works, but not as it should. The message goes to the log, and to the public only
    /// with `public_details`.
    pub fn degraded(message: impl Into<String>) -> Self {
        Self::with(Status::Degraded, Reason::Reported, message)
    }

    /// It does not work. The message goes to the log, and to the public only
    /// with `public_details`.
    pub fn unhealthy(message: impl Into<String>) -> Self {
        Self::with(Status::Unhealthy, Reason::Reported, message)
    }

    /// It works but is fully in use, such as a pool whose connections are all taken: degraded, with reason
    /// `saturated`. A busy dependency is not a dead one.
    ///
    /// Use it if the run got an answer in the end. If it got none, use [`exhausted`](Self::exhausted).
    pub fn saturated(message: impl Into<String>) -> Self {
        Self::with(Status::Degraded, Reason::Saturated, message)
    }

    /// It is fully in use, so this run could not ask it: unhealthy, with reason `exhausted`.
    ///
    /// A busy dependency is not a dead one, so the engine lowers this result: while the check passes and its last success
    /// is younger than [`max_age`](crate::CheckSpec::max_age), the result is degraded with reason `saturated`, and passes.
    /// A lowered result does not count as a success here. Once the last success is older than `max_age`, the check fails.
    /// It also fails if it has never passed, or if the last run that could ask failed.
    ///
    /// `exhausted` never fails the liveness probe, and `fail_open` lowers it to degraded. In [`Parts`](crate::Parts), any
    /// other failure counts as worse.
    ///
    /// Return it well before the check's timeout: at the timeout the run is aborted, and its result is `timeout`.
    ///
    /// ```
    /// use health_runtime::{CheckResult, HealthCheck, Outcome};
    /// use std::time::Duration;
    /// use tokio::sync::Semaphore;
    /// use tokio::time::timeout;
    ///
    /// struct Printers(Semaphore);
    ///
    /// impl HealthCheck for Printers {
    ///     async fn check(&self) -> CheckResult {
    ///         let Ok(permit) = timeout(Duration::from_secs(1), self.0.acquire()).await else {
    ///             return Ok(Outcome::exhausted("all printers are in use"));
    ///         };
    ///         let _permit = permit?; // an error if the semaphore is closed
    ///         Ok(Outcome::healthy()) // after asking the printer
    ///     }
    /// }
    /// ```
    pub fn exhausted(message: impl Into<String>) -> Self {
        Self::with(Status::Unhealthy, Reason::Exhausted, message)
    }

    fn with(status: Status, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason),
            message: Some(message.into()),
            parts: None,
        }
    }

    /// What [`Parts`](crate::Parts) make.
    pub(crate) fn of_parts(status: Status, reason: Option<Reason>, message: Option<String>, parts: PartList) -> Self {
        Self {
            status,
            reason,
            message,
            parts: Some(parts),
        }
    }

    /// The status.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The reason code: absent if healthy, except for `disabled`.
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// The words for the log.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The parts that [`Parts`](crate::Parts) kept, failing ones first; none where it was made otherwise.
    pub fn parts(&self) -> &[PartReport] {
        self.parts.as_ref().map_or(&[], |parts| &*parts.list)
    }

    /// How many more parts there were than are kept.
    pub fn omitted_parts(&self) -> usize {
        self.parts.as_ref().map_or(0, |parts| parts.omitted)
    }

    pub(crate) const fn part_list(&self) -> Option<&PartList> {
        self.parts.as_ref()
    }
}

impl From<Status> for Outcome {
    fn from(status: Status) -> Self {
        Self {
            status,
            reason: (status != Status::Healthy).then_some(Reason::Reported),
            message: None,
            parts: None,
        }
    }
}

/// What a check function may return: `()`, `bool`, [`Status`], [`Outcome`], or a `Result` of any of them with any
/// error that converts into a boxed error (`sqlx::Error`, `anyhow::Error`, `String`, `&'static str`).
///
/// `()` is healthy, `false` is unhealthy, `Err` is unhealthy.
///
/// ```
/// use health_runtime::{IntoOutcome, Status};
///
/// assert_eq!(().into_outcome().unwrap().status(), Status::Healthy);
/// assert_eq!(false.into_outcome().unwrap().status(), Status::Unhealthy);
/// assert!(Err::<(), _>("connection refused").into_outcome().is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something a health check can return",
    label = "this check returns `{Self}`",
    note = "return `()`, `bool`, `Status`, `Outcome`, or a `Result` of one of them"
)]
pub trait IntoOutcome {
    /// Makes the check's result of it.
    ///
    /// # Errors
    ///
    /// Returns what the check failed with.
    fn into_outcome(self) -> CheckResult;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

impl IntoOutcome for bool {
    fn into_outcome(self) -> CheckResult {
        if self { Status::Healthy } else { Status::Unhealthy }.into_outcome()
    }
}

impl IntoOutcome for Status {
    fn into_outcome(self) -> CheckResult {
        Ok(self.into())
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> CheckResult {
        Ok(self)
    }
}

impl<T: IntoOutcome, E: CheckError> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> CheckResult {
        self.map_err(CheckError::into_boxed)?.into_outcome()
    }
}

/// An error that a check can fail with: everything that converts into [`BoxError`].
///
/// That is every type with [`std::error::Error`] that is `Send + Sync + 'static`, `anyhow::Error`, `String` and `&str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a health check can return",
    label = "does not convert into `health_runtime::BoxError`",
    note = "for an error of your own, implement `std::error::Error`",
    note = "for `Box<dyn Error>`, write `health_runtime::BoxError`, which may be sent to another thread"
)]
pub trait CheckError: Sized {
    /// The error in a box.
    fn into_boxed(self) -> BoxError;
}

// Without this, an error type that does not convert is reported as `NoError: std::error::Error`, with no way out.
#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> CheckError for E {
    fn into_boxed(self) -> BoxError {
        self.into()
    }
}

/// One part of a check, see [`Parts`](crate::Parts).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartReport {
    /// Its name: on one line, credentials masked, at most 64 characters. Not for the public.
    pub name: Cow<'static, str>,
    /// How it is.
    pub status: Status,
    /// Why it is not simply healthy.
    pub reason: Option<Reason>,
    /// What its check said, credentials masked, at most 1 KiB. Not for the public.
    pub message: Option<Arc<str>>,
}

/// The parts that are kept, and how many more there were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartList {
    pub(crate) list: Arc<[PartReport]>,
    pub(crate) omitted: usize,
}
