//! The result of a check: [`Status`], [`Outcome`], and everything that a check function may return.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A boxed error. `?` makes one from any error type, from a `String` and from a `&str`.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a check returns.
///
/// A healthy check returns `Ok(Outcome::healthy())`. An `Err` makes the check unhealthy, with reason `error`. The text
/// of the error goes to the log. The public sees it only with `public_details`.
pub type CheckResult = Result<Outcome, BoxError>;

/// A run of a check. The closure for [`Checks::with`](crate::Checks::with) and
/// [`HealthFn::call`](crate::HealthFn::call) return one.
///
/// ```
/// use health_runtime::{CheckFuture, Outcome};
///
/// fn ping(host: &str) -> CheckFuture<'_> {
///     Box::pin(async move { Ok(Outcome::degraded(format!("{host} is slow"))) })
/// }
/// ```
pub type CheckFuture<'a> = Pin<Box<dyn Future<Output = CheckResult> + Send + 'a>>;

/// The status of a check, a part or a probe. See [the states](crate::_documentation::states).
///
/// The list is closed, so a `match` needs no wildcard. Load balancers distinguish only success and failure, so there is
/// nothing to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It works. HTTP 200.
    Healthy,
    /// It works, but not as it should. HTTP 200: it still gets traffic.
    Degraded,
    /// It does not work, or its state is not known. HTTP 503.
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

    /// Whether a probe with this status succeeds. A degraded one succeeds, because load balancers do not agree on the
    /// meaning of any code between 200 and 503.
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

/// Why a status is not simply healthy. A reason is one word, and can be shown to anybody. See
/// [the states](crate::_documentation::states). More reasons may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is nothing to check, such as a `None` or an empty `Vec`: healthy.
    Disabled,
    /// A run is in flight for longer than its timeout, and cannot be aborted because it blocks its thread.
    Stuck,
    /// The check failed too often, so it is not called for a while, see [`Breaker`](crate::Breaker).
    BreakerOpen,
    /// No run has finished yet.
    Pending,
    /// The check passed, but its last run ended longer ago than `max_age`. The state now is unknown.
    Stale,
    /// The check returned an error.
    Error,
    /// The run was aborted at its timeout.
    Timeout,
    /// The check panicked.
    Panic,
    /// The run was dropped before it finished, because its runtime shuts down, or no thread could be started for it. In
    /// a [`ProbeWatch`](crate::ProbeWatch): the engine has ended.
    Cancelled,
    /// The check itself returned degraded or unhealthy.
    Reported,
    /// The resource works but is fully in use, such as a pool without an idle connection.
    Saturated,
    /// The resource is fully in use, so no run got an answer from it within `max_age`. See [`Outcome::exhausted`].
    Exhausted,
    /// The run succeeded, but took longer than `degraded_after`.
    Slow,
    /// The service is shutting down.
    Draining,
    /// The runtime that the checks run on has run nothing for `stalled_after`, because all its workers are blocked.
    Stalled,
    /// A [`Hold`](crate::Hold) makes readiness fail, see [`Health::hold`](crate::Health::hold).
    Held,
    /// The service has not finished starting, or its server does not run yet.
    Starting,
    /// No listener accepts connections any more, although the service is not draining: see
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

    /// Whether this reason is evidence that the check fails. Only evidence fails the liveness probe, because that
    /// restarts the process. `BreakerOpen` is evidence, because only failures open a breaker.
    ///
    /// `Exhausted` is not evidence, because the run could not ask. Under load, a restart makes things worse: it ends
    /// the work in flight, and the callers try again. A `Heartbeat` detects work that hangs inside the process.
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

/// The result of a run that returned no error: a status, and optionally a reason and a message for the log.
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
    /// It works.
    pub const fn healthy() -> Self {
        Self {
            status: Status::Healthy,
            reason: None,
            message: None,
            parts: None,
        }
    }

    /// There is nothing to check: healthy (`disabled`).
    pub(crate) const fn disabled() -> Self {
        let mut outcome = Self::healthy();
        outcome.reason = Some(Reason::Disabled);
        outcome
    }

    /// It works, but not as it should: degraded, with reason `reported`. The message goes to the log. The public sees
    /// it only with `public_details`.
    pub fn degraded(message: impl Into<String>) -> Self {
        Self::with(Status::Degraded, Reason::Reported, message)
    }

    /// It does not work: unhealthy, with reason `reported`. The message goes to the log. The public sees it only with
    /// `public_details`.
    pub fn unhealthy(message: impl Into<String>) -> Self {
        Self::with(Status::Unhealthy, Reason::Reported, message)
    }

    /// It works, but is fully in use, such as a pool without a free connection: degraded, with reason `saturated`. A
    /// busy dependency is not a dead one.
    ///
    /// Use it if the run got an answer in the end. If it got no answer, use [`exhausted`](Self::exhausted).
    pub fn saturated(message: impl Into<String>) -> Self {
        Self::with(Status::Degraded, Reason::Saturated, message)
    }

    /// It is fully in use, so this run could not ask it: unhealthy, with reason `exhausted`.
    ///
    /// A busy dependency is not a dead one, so the engine may lower this result to degraded, with reason `saturated`,
    /// which passes. It does so while the check passes and its last success is younger than
    /// [`max_age`](crate::CheckSpec::max_age). A lowered result does not count as a success here.
    ///
    /// The check fails once its last success is older than `max_age`. It also fails if it has never passed, or if the
    /// last run that could ask has failed.
    ///
    /// `exhausted` never fails the liveness probe, and `fail_open` lowers it to degraded. In [`Parts`](crate::Parts),
    /// any other failure counts as worse.
    ///
    /// Return it well before the timeout of the check. At the timeout the run is aborted, and its result is `timeout`.
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

    /// The outcome of [`Parts`](crate::Parts).
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

    /// The message for the log.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The parts that [`Parts`](crate::Parts) kept, failing ones first. Empty if the outcome was not made from `Parts`.
    pub fn parts(&self) -> &[PartReport] {
        self.parts.as_ref().map_or(&[], |parts| &*parts.list)
    }

    /// How many more parts there were, beside those that are kept.
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

/// What a check function may return: `()`, `bool`, [`Status`], [`Outcome`], or a `Result` of one of them. The error of
/// the `Result` can be any type that converts into a boxed error, such as `sqlx::Error`, `anyhow::Error`, `String` or
/// `&'static str`.
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
    /// Converts the value into the result of a check.
    ///
    /// # Errors
    ///
    /// Returns the error of the check, if it failed with one.
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

/// An error that a check can return: any type that converts into [`BoxError`].
///
/// These are all types that implement [`std::error::Error`] and are `Send + Sync + 'static`, and also `anyhow::Error`,
/// `String` and `&str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a health check can return",
    label = "does not convert into `health_runtime::BoxError`",
    note = "for an error of your own, implement `std::error::Error`",
    note = "for `Box<dyn Error>`, write `health_runtime::BoxError`, which may be sent to another thread"
)]
pub trait CheckError: Sized {
    /// Puts the error into a box.
    fn into_boxed(self) -> BoxError;
}

// Without this, rustc reports an error type that does not convert as `NoError: std::error::Error`, and shows no way
// out.
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
    /// Its name: one line, at most 64 characters, with credentials masked. Not for the public.
    pub name: Cow<'static, str>,
    /// Its status.
    pub status: Status,
    /// Why it is not simply healthy. `None` if it is.
    pub reason: Option<Reason>,
    /// The message of its check, with credentials masked, at most 1 KiB. Not for the public.
    pub message: Option<Arc<str>>,
}

/// The parts that are kept, and the number of those that are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartList {
    pub(crate) list: Arc<[PartReport]>,
    pub(crate) omitted: usize,
}
