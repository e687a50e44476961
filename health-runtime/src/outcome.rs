//! The result of a check: [`Status`], [`Outcome`], and everything that a check function may return.

mod status;

use std::borrow::Cow;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;

pub use self::status::{Reason, Status};
use crate::detail::{self, Detail, DetailValue};

/// A boxed error, which any error type, a `String` or a `&str` can be converted into with the `?` operator.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The return type of a check.
///
/// A check that is healthy returns `Ok(Outcome::healthy())`. If it returns an `Err`, it is unhealthy with the reason
/// `error`, and the text of the error is written to the log. Public responses only include this text with
/// `public = "details"`.
pub type CheckResult = Result<Outcome, BoxError>;

/// A future that performs one run of a check. It is returned by the closure passed to
/// [`Checks::with`](crate::Checks::with) and by [`HealthFn::call`](crate::HealthFn::call).
///
/// ```
/// use health_runtime::{CheckFuture, Outcome};
///
/// fn ping(host: &str) -> CheckFuture<'_> {
///     Box::pin(async move { Ok(Outcome::degraded(format!("{host} is slow"))) })
/// }
/// ```
pub type CheckFuture<'a> = Pin<Box<dyn Future<Output = CheckResult> + Send + 'a>>;

/// The result of a run that did not return an error: a status, with an optional reason, an optional message for the
/// log, and optional [details](Self::detail).
///
/// ```
/// use health_runtime::{Outcome, Status};
///
/// let lagging = Outcome::degraded("replica is 12 s behind").detail("lag_s", 12).read_only(true);
/// assert_eq!(lagging.status(), Status::Degraded);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    status: Status,
    reason: Option<Reason>,
    message: Option<String>,
    details: Vec<Detail>,
    access: Vec<Access>,
    /// The check itself has compared the time with `max_age`, so the engine does not lower the outcome any more.
    for_good: bool,
    parts: Option<PartList>,
}

/// Whether the store of a check, or of one of its parts, takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// `None` for the check itself.
    pub(crate) part: Option<Cow<'static, str>>,
    pub(crate) read_only: bool,
}

impl Outcome {
    /// Creates a healthy outcome.
    pub const fn healthy() -> Self {
        Self {
            status: Status::Healthy,
            reason: None,
            message: None,
            details: Vec::new(),
            access: Vec::new(),
            for_good: false,
            parts: None,
        }
    }

    /// Creates the healthy outcome of a check that has nothing to check. Its reason is `disabled`.
    pub(crate) const fn disabled() -> Self {
        let mut outcome = Self::healthy();
        outcome.reason = Some(Reason::Disabled);
        outcome
    }

    /// Creates a degraded outcome with the reason `reported`. Use this when a dependency works, but not as well as it
    /// should.
    ///
    /// The message is written to the log. Public responses only include it with `public = "details"`.
    pub fn degraded(message: impl Into<String>) -> Self {
        Self::with(Status::Degraded, Reason::Reported, message)
    }

    /// Creates an unhealthy outcome with the reason `reported`. Use it when what you check does not work.
    ///
    /// The message is written to the log. Public responses only include it with `public = "details"`.
    pub fn unhealthy(message: impl Into<String>) -> Self {
        Self::with(Status::Unhealthy, Reason::Reported, message)
    }

    /// Creates a degraded outcome with the reason `saturated`, for a dependency that works but is fully in use, such as
    /// a pool without a free connection. Since being busy does not mean being broken, the check still passes.
    ///
    /// Use this when the run did get an answer in the end. If it did not, use [`exhausted`](Self::exhausted) instead.
    pub fn saturated(message: impl Into<String>) -> Self {
        Self::with(Status::Degraded, Reason::Saturated, message)
    }

    /// Creates an unhealthy outcome with the reason `exhausted`. Use it when what you check is so busy that the run
    /// could not get an answer from it.
    ///
    /// A busy dependency is not necessarily broken, so the engine can lower the result to degraded with the reason
    /// `saturated`, which lets the check pass. It does so while the check is passing and its last success is no older
    /// than [`max_age`](crate::CheckSpec::max_age). A lowered result does not itself count as a success for this
    /// purpose.
    ///
    /// Once the last success is older than `max_age`, the check fails. It also fails if it has never passed, or if the
    /// last run that got an answer failed.
    ///
    /// An exhausted check never fails the liveness probe, and with the `fail_open` option, it is reported as degraded.
    /// In [`Parts`](crate::Parts), `exhausted` is treated as less severe than any other failure.
    ///
    /// Make sure to return this outcome well before the check's timeout. When the timeout is reached, the run is
    /// aborted and its result is `timeout` instead.
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

    /// Keeps the engine from lowering an exhausted outcome.
    pub(crate) fn for_good(mut self) -> Self {
        self.for_good = true;
        self
    }

    pub(crate) const fn is_for_good(&self) -> bool {
        self.for_good
    }

    fn with(status: Status, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason),
            message: Some(message.into()),
            ..Self::healthy()
        }
    }

    /// Creates the outcome of [`Parts`](crate::Parts).
    pub(crate) fn of_parts(
        (status, reason): (Status, Option<Reason>),
        message: Option<String>,
        access: Vec<Access>,
        parts: PartList,
    ) -> Self {
        Self {
            status,
            reason,
            message,
            details: Vec::new(),
            access,
            for_good: false,
            parts: Some(parts),
        }
    }

    /// Sets the message. If the outcome already has one, it is replaced. Use this to add a message to a healthy
    /// outcome.
    ///
    /// The message is written to the log. Public responses only include it with `public = "details"`.
    ///
    /// ```
    /// use health_runtime::Outcome;
    ///
    /// let healthy = Outcome::healthy().with_message("follows the primary");
    /// assert_eq!(healthy.message(), Some("follows the primary"));
    /// ```
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Degrades a healthy outcome, and keeps its details.
    #[allow(dead_code, reason = "only pools need it")]
    pub(crate) fn turn_saturated(mut self, message: impl Into<String>) -> Self {
        (self.status, self.reason) = (Status::Degraded, Some(Reason::Saturated));
        self.with_message(message)
    }

    /// Adds the details of another outcome, and whether its store takes writes.
    pub(crate) fn taking_details_of(mut self, other: Self) -> Self {
        for Detail { name, value } in other.details {
            detail::add(&mut self.details, name, value);
        }
        self.access.extend(other.access);
        self
    }

    /// Adds another outcome of the same check. The worse of both outcomes decides.
    #[allow(dead_code, reason = "only pools need it")]
    pub(crate) fn and(mut self, other: Self) -> Self {
        if self.status < other.status {
            (self.status, self.reason) = (other.status, other.reason);
            self.message.clone_from(&other.message);
        }
        self.taking_details_of(other)
    }

    /// Adds a detail: a named boolean, number or text that helps the person on call, such as the size of a pool or the
    /// version of a server. If there is already a detail with this name, its value is replaced.
    ///
    /// Internal responses show the details in the order in which they were added. Public responses only include them
    /// with `public = "details"`. An outcome keeps at most 16 details, and drops the ones that are added later. Names
    /// are limited to 64 characters and texts to 256 bytes. Credentials are masked. A number or a text whose name is
    /// that of a secret, such as `auth_token`, is masked as a whole.
    ///
    /// ```
    /// use health_runtime::Outcome;
    ///
    /// let outcome = Outcome::healthy().detail("size", 10).detail("idle", 3).detail("version", "16.4");
    /// assert_eq!(outcome.details()[0].name, "size");
    /// assert_eq!(outcome.details()[0].value.as_f64(), Some(10.0));
    /// ```
    #[must_use]
    pub fn detail(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<DetailValue>) -> Self {
        detail::add(&mut self.details, name.into(), value.into());
        self
    }

    /// Sets whether the store that is checked is read-only, which means that it refuses writes. Use this for every
    /// store that the service writes to.
    ///
    /// If a run has set `false`, and a later run sets `true` and would otherwise pass, that later run is unhealthy with
    /// the reason `read_only`. This happens after a failover: the connections of the service still go to the old
    /// primary, which answers every query but refuses every write. In [`Parts`](crate::Parts), this is decided for each
    /// part.
    ///
    /// A store that was read-only in every run since the engine started is treated as a replica, and stays healthy.
    /// This also applies to a primary that was read-only when the service started.
    ///
    /// ```
    /// use health_runtime::Outcome;
    ///
    /// # let in_recovery = false;
    /// let outcome = Outcome::healthy().read_only(in_recovery); // from `SELECT pg_is_in_recovery()`
    /// ```
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.access.retain(|access| access.part.is_some());
        self.access.push(Access { part: None, read_only });
        self
    }

    /// Returns the status.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Returns the reason, if there is one. A healthy outcome only has a reason if there was nothing to check, and then
    /// the reason is `disabled`.
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// Returns the message for the log, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Returns the details, in the order in which they were added.
    pub fn details(&self) -> &[Detail] {
        &self.details
    }

    /// Returns the value that [`read_only`](Self::read_only) has set, or `None` if it was not called.
    pub fn is_read_only(&self) -> Option<bool> {
        let own = self.access.iter().find(|access| access.part.is_none());
        own.map(|access| access.read_only)
    }

    pub(crate) fn access(&self) -> &[Access] {
        &self.access
    }

    /// Returns the parts that were kept by [`Parts`](crate::Parts), starting with the failing ones. The slice is empty
    /// if the outcome was not created from `Parts`.
    pub fn parts(&self) -> &[PartReport] {
        self.parts.as_ref().map_or(&[], |parts| &*parts.list)
    }

    /// Returns the number of parts that were left out of [`parts`](Self::parts).
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
            ..Self::healthy()
        }
    }
}

/// A value that can be returned from a check function: `()`, `bool`, [`Status`], [`Outcome`], or a `Result` of one of
/// these types. The error of the `Result` can be any type that converts into a boxed error, such as `sqlx::Error`,
/// `anyhow::Error`, `String` or `&'static str`.
///
/// Returning `()` or `true` means that the check is healthy, while `false` and any `Err` mean that it is unhealthy.
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
    /// Returns the error if the check failed with one.
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

/// An error that can be returned from a check. This trait is implemented for every type that converts into
/// [`BoxError`].
///
/// This includes all types that implement [`std::error::Error`] and are `Send + Sync + 'static`, as well as
/// `anyhow::Error`, `String` and `&str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a health check can return",
    label = "does not convert into `health_runtime::BoxError`",
    note = "for an error of your own, implement `std::error::Error`",
    note = "for `Box<dyn Error>`, write `health_runtime::BoxError`, which may be sent to another thread"
)]
pub trait CheckError: Sized {
    /// Converts the error into a boxed error.
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

/// The result of one part of a check. See [`Parts`](crate::Parts).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartReport {
    /// The name of the part, as a single line of at most 64 characters in which credentials are masked. Public
    /// responses do not include the list of parts.
    pub name: Cow<'static, str>,
    /// The status of the part.
    pub status: Status,
    /// The reason why the part is not simply healthy, or `None` if it is.
    pub reason: Option<Reason>,
    /// The message returned by the part's check. It is limited to 1 KiB, and credentials in it are masked. Public
    /// answers do not include the list of parts.
    pub message: Option<Arc<str>>,
    /// The details returned by the part's check. Public responses do not include the list of parts.
    pub details: Vec<Detail>,
}

/// The parts that are kept, and the number of parts that are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartList {
    pub(crate) list: Arc<[PartReport]>,
    pub(crate) omitted: usize,
}
