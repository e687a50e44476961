//! Forwarding through what holds several checks, `Vec`, and what is given its check later, `OnceLock` and `OnceCell`.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::OnceCell;

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome, Reason};
use crate::panics;
use crate::parts::Parts;
use crate::trigger::Trigger;

/// All elements are checked at once, in one task, and the worst one is what the whole is; the [`Parts`] are named `[0]`,
/// `[1]` and so on. Those that are disabled do not run, and a `Vec` without any other is disabled itself.
///
/// The timeout is that of the whole: where one element hangs, the check is a `timeout` that names none.
impl<T: HealthCheck> HealthCheck for Vec<T> {
    async fn check(&self) -> CheckResult {
        let results = join_all(self.iter().map(contained)).await;
        let mut parts = Parts::new();
        for (index, result) in results.into_iter().enumerate() {
            let name = format!("[{index}]");
            match result {
                Ok(result) => parts.add(name, result),
                Err(panic) => parts.add_failed(&name, Reason::Panic, panics::words(panic)),
            }
        }
        Ok(parts.into_outcome())
    }

    fn is_disabled(&self) -> bool {
        self.iter().all(HealthCheck::is_disabled)
    }

    fn attach(&self, trigger: Trigger) {
        for element in self {
            element.attach(trigger.clone());
        }
    }
}

impl<T: InProcess> InProcess for Vec<T> {}

/// One element's run, which may panic.
async fn contained<T: HealthCheck>(element: &T) -> Result<CheckResult, Box<dyn Any + Send>> {
    AssertUnwindSafe(async { unless_disabled(element).await })
        .catch_unwind()
        .await
}

/// For what is not asked about at the start.
async fn unless_disabled<T: HealthCheck>(check: &T) -> CheckResult {
    if check.is_disabled() {
        Ok(Outcome::disabled())
    } else {
        check.check().await
    }
}

/// Unhealthy until it is set: what nobody has opened yet is not there. That is noticed at the check's next run.
///
/// What is set only after the start is never attached: a [`Flag`](crate::Flag) in it, whose change would start a run at
/// once, is looked at when the next interval is over. And it does not belong in liveness: a restart sets nothing sooner.
///
/// In a state that is `Clone` it stands in an `Arc`: a clone of a bare one, as `start_health` makes, is another one,
/// and what is set in the original never reaches it.
impl<T: HealthCheck> HealthCheck for OnceLock<T> {
    async fn check(&self) -> CheckResult {
        once(self.get()).await
    }

    fn is_disabled(&self) -> bool {
        self.get().is_some_and(HealthCheck::is_disabled)
    }

    fn attach(&self, trigger: Trigger) {
        if let Some(inner) = self.get() {
            inner.attach(trigger);
        }
    }
}

/// As [`OnceLock`]: unhealthy until it is set, found at the check's next run, attached only if set before the start,
/// and in an `Arc` where the state is `Clone`.
impl<T: HealthCheck> HealthCheck for OnceCell<T> {
    async fn check(&self) -> CheckResult {
        once(self.get()).await
    }

    fn is_disabled(&self) -> bool {
        self.get().is_some_and(HealthCheck::is_disabled)
    }

    fn attach(&self, trigger: Trigger) {
        if let Some(inner) = self.get() {
            inner.attach(trigger);
        }
    }
}

async fn once<T: HealthCheck>(set: Option<&T>) -> CheckResult {
    match set {
        Some(inner) => unless_disabled(inner).await,
        None => Err("not set yet".into()),
    }
}
