//! [`HealthCheck`], what a field's type must have; [`InProcess`], what liveness asks for; forwarding through `Option`,
//! `Arc` and `Box`.

use std::sync::Arc;

use crate::outcome::CheckResult;
use crate::trigger::Trigger;

/// Something that can say how it is.
///
/// Implement it for a type of your own to use the type as an annotated field; for other crates' types there are
/// features, and `with = path` on the field.
///
/// The engine calls [`check`](Self::check) in a task of its own, never twice at once, and drops its future at the
/// check's timeout: do not leave anything half-done across an `.await`. A panic is that check's failure. A call that
/// blocks its thread cannot be aborted: it is reported as `stuck`.
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
    /// Finds out how it is now.
    fn check(&self) -> impl Future<Output = CheckResult> + Send;

    /// Whether there is nothing to check, so that it is reported healthy (`disabled`) and never runs. Asked once, when
    /// the engine starts; of the elements of a `Vec`, and of what a `OnceLock` holds, at each run too. Default: `false`; an
    /// `Option` is disabled where it is `None`, and a `Vec` where all of its elements are.
    fn is_disabled(&self) -> bool {
        false
    }

    /// Receives, when the engine starts, the means to ask for a run at once instead of at the next interval: for
    /// checks that are told of a change. What a `OnceLock` is given after the start receives none. Default: does nothing with
    /// it.
    fn attach(&self, trigger: Trigger) {
        drop(trigger);
    }
}

/// Marks a check of something inside this process, which a restart can mend: a worker task, a queue, a flag.
///
/// Only such checks may stand in the liveness probe without a reason, because what fails there restarts the process,
/// and a database that is down would restart the whole fleet at once and be none the better for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not belong in the liveness probe: what fails there restarts this process, and nothing says that a restart fixes `{Self}`",
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

// Not by a macro: rustc would name it in the message about every type that has no check.
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
