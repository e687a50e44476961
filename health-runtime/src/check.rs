//! [`HealthCheck`], the trait of a type that can check itself; [`InProcess`], the marker for the liveness probe; and
//! both for `Option`, `Arc` and `Box`.

use std::sync::Arc;

use crate::outcome::CheckResult;
use crate::trigger::Trigger;

/// A type that can check itself.
///
/// Implement it for your own type, to use that type as a field with `#[health_check]`. For a type of another crate,
/// enable a feature, or name a function with `with = path` on the field.
///
/// The engine calls [`check`](Self::check) in its own task, and never twice at the same time. At the timeout of the
/// check, the engine drops the future: do not leave anything half done across an `.await`. A panic counts as a failure
/// of the check. A call that blocks its thread cannot be aborted: the check is `stuck` until the call returns.
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
    note = "for another crate's type, enable the feature of `health-runtime` that has it (`sqlx-0_9-sqlite` for `sqlx::SqlitePool`), or name a function that checks it: `#[health_check(with = path::to::function)]`",
    note = "for a struct that derives `HealthState`, take its checks in: `#[health_check(nested)]`"
)]
pub trait HealthCheck: Send + Sync + 'static {
    /// Checks the value now.
    fn check(&self) -> impl Future<Output = CheckResult> + Send;

    /// Whether there is nothing to check. Such a check is healthy (`disabled`) and never runs. Default: `false`. A
    /// `None` is disabled, and so is a `Vec` in which all elements are disabled.
    ///
    /// The engine asks once, when it starts. The elements of a `Vec` and the value of a `OnceLock` are also asked at
    /// each run.
    fn is_disabled(&self) -> bool {
        false
    }

    /// Gives the check a [`Trigger`], once, when the engine starts. With it, the check can ask for a run at once
    /// instead of waiting for the next interval. It is for checks that notice changes themselves. Default: drops the
    /// trigger.
    ///
    /// A value that is put into a `OnceLock` after the start receives no trigger.
    fn attach(&self, trigger: Trigger) {
        drop(trigger);
    }
}

/// Marks a check that looks only at this process, such as a worker task, a queue or a flag. A restart can fix what it
/// checks.
///
/// Only such checks are allowed in the liveness probe without a reason, because a failure there restarts the process.
/// If a database is down, a restart fixes nothing, and all instances would restart at once.
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

    fn attach(&self, trigger: Trigger) {
        (**self).attach(trigger);
    }
}

impl<T: InProcess> InProcess for Option<T> {}

impl<T: InProcess + ?Sized> InProcess for Arc<T> {}

impl<T: InProcess + ?Sized> InProcess for Box<T> {}
