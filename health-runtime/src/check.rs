//! [`HealthCheck`], the trait of a type that can check itself; [`InProcess`], the marker for the liveness probe; and
//! both for `Option`, `Arc` and `Box`.

use std::sync::Arc;

use crate::outcome::CheckResult;
use crate::trigger::Trigger;

/// A type that can check its own health.
///
/// Implement this trait for your own type so that you can use the type as a field with `#[health_check]`. For a type
/// from another crate, enable the feature that supports it, or use `with = path` on the field to name a function that
/// checks it.
///
/// The engine calls [`check`](Self::check) in a separate task for each check, and a check never runs twice at the same
/// time. When a run reaches the check's timeout, the engine drops the future, so don't leave anything half done across
/// an `.await`. If the check panics, it is treated as failed. A call that blocks its thread cannot be aborted, so in
/// that case the check is reported as `stuck` until the call returns.
///
/// ```
/// use health_runtime::{CheckResult, HealthCheck, Outcome};
///
/// struct Queue;
///
/// impl HealthCheck for Queue {
///     async fn check(&self) -> CheckResult {
///         let waiting: u32 = "17".parse()?; // any error will do
///         if waiting > 1_000 {
///             return Ok(Outcome::degraded(format!("{waiting} jobs are waiting")));
///         }
///         Ok(Outcome::healthy())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no health check",
    label = "no health check for this type",
    note = "for a type of your own, implement it: `impl HealthCheck for {Self} {{ async fn check(&self) -> CheckResult {{ … }} }}`",
    note = "for a type of one of these crates, enable the feature of `health-runtime` for your version of the crate: `sqlx-0_8-postgres`, `sqlx-0_9-postgres` (also `-mysql`, `-sqlite`), `sea-orm-1`, `sea-orm-2`, `deadpool-postgres-0_14`, `bb8-postgres-0_9`, `diesel-async-0_9-deadpool`, `diesel-async-0_9-bb8`, `rusqlite`, `r2d2_sqlite`, `redis-0_32`, `redis-1` (also `-cluster`), `deadpool-redis-0_23`, `bb8-redis-0_26`, `fred-10`, `lapin-4`, `async-nats-0_51` (also `-jetstream`), `tonic-0_14`, `object_store-0_14`, `tokio-util-0_7`",
    note = "for a version without a feature, and for any other type, name a function that checks it: `#[health_check(with = path::to::function)]`",
    note = "for a struct that derives `HealthState`, add its checks: `#[health_check(nested)]`"
)]
pub trait HealthCheck: Send + Sync + 'static {
    /// Runs the check once and returns its result.
    fn check(&self) -> impl Future<Output = CheckResult> + Send;

    /// Returns `true` if there is nothing to check, in which case the check never runs and is reported as healthy with
    /// the reason `disabled`. The default implementation returns `false`. A `None` is disabled, and so is a `Vec` or a
    /// map whose elements are all disabled.
    ///
    /// The engine calls this method once, when it starts. For the elements of a `Vec` or a map and for the value of a
    /// `OnceLock`, it is also called each time the check runs.
    fn is_disabled(&self) -> bool {
        false
    }

    /// Returns `true` if the check asks a probe of another service. The default implementation returns `false`.
    ///
    /// Two services that ask each other's readiness would otherwise never recover: each one fails because the other one
    /// fails. So a check that asks a probe adds `hops=1` to the query of its request, or `health-hops` to the metadata
    /// of gRPC, and a probe that is asked with it leaves out the checks for which this method returns `true`. See [the HTTP
    /// contract](crate::_documentation::http#which-checks).
    ///
    /// The engine calls this method once, when it starts.
    fn asks_probe(&self) -> bool {
        false
    }

    /// Gives the check a [`Trigger`], which lets it ask to be run right away instead of waiting for the next interval.
    /// The engine calls this method once, when it starts. Implement it if your check notices changes itself. The
    /// default implementation drops the trigger.
    ///
    /// Note that a value that is put into a `OnceLock` after the engine has started does not receive a trigger.
    fn attach(&self, trigger: Trigger) {
        drop(trigger);
    }
}

/// A marker trait for checks that only look at this process, for example at a worker task, a queue or a flag, so that
/// restarting the process can fix the problems they find.
///
/// A failure of the liveness probe restarts the process, so only these checks can be used there without stating a
/// reason. If, for example, a database is down, restarting the process fixes nothing, and all instances of the service
/// would fail and restart at the same time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not belong in the liveness probe: a failure there restarts this process, and a restart is not known to fix `{Self}`",
    label = "not known to be fixed by a restart",
    note = "leave `liveness` out: the check then belongs to readiness, which routes around this process instead",
    note = "or, if a restart does help, say why: `#[health_check(liveness, restart_helps = \"...\")]`",
    note = "or, for a type of your own that lives inside this process: `impl InProcess for {Self} {{}}` beside its `HealthCheck`"
)]
pub trait InProcess: HealthCheck {}

impl<T: HealthCheck> HealthCheck for Option<T> {
    async fn check(&self) -> CheckResult {
        match self {
            Some(inner) => inner.check().await,
            None => Ok(crate::Outcome::healthy()),
        }
    }

    fn is_disabled(&self) -> bool {
        self.as_ref().is_none_or(HealthCheck::is_disabled)
    }

    fn asks_probe(&self) -> bool {
        self.as_ref().is_some_and(HealthCheck::asks_probe)
    }

    fn attach(&self, trigger: Trigger) {
        if let Some(inner) = self {
            inner.attach(trigger);
        }
    }
}

// Written out, not by a macro: rustc would name the macro in its message about a type without a check.
impl<T: HealthCheck + ?Sized> HealthCheck for Arc<T> {
    fn check(&self) -> impl Future<Output = CheckResult> + Send {
        (**self).check()
    }

    fn is_disabled(&self) -> bool {
        (**self).is_disabled()
    }

    fn asks_probe(&self) -> bool {
        (**self).asks_probe()
    }

    fn attach(&self, trigger: Trigger) {
        (**self).attach(trigger);
    }
}

impl<T: HealthCheck + ?Sized> HealthCheck for Box<T> {
    fn check(&self) -> impl Future<Output = CheckResult> + Send {
        (**self).check()
    }

    fn is_disabled(&self) -> bool {
        (**self).is_disabled()
    }

    fn asks_probe(&self) -> bool {
        (**self).asks_probe()
    }

    fn attach(&self, trigger: Trigger) {
        (**self).attach(trigger);
    }
}

impl<T: InProcess> InProcess for Option<T> {}

impl<T: InProcess + ?Sized> InProcess for Arc<T> {}

impl<T: InProcess + ?Sized> InProcess for Box<T> {}
