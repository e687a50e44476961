//! Checks in containers: `Vec` holds several checks; `OnceLock` and `OnceCell` hold one that is set later.

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

/// Checks all elements at the same time, in one task. The result is that of the worst element. The [`Parts`] are named
/// `[0]`, `[1]` and so on. Disabled elements do not run. A `Vec` without enabled elements is disabled itself.
///
/// The timeout applies to all elements together. If one element hangs, the result is `timeout`, and its message does
/// not name the element.
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

/// Runs one element. Catches its panic, so that the other elements go on.
async fn contained<T: HealthCheck>(element: &T) -> Result<CheckResult, Box<dyn Any + Send>> {
    AssertUnwindSafe(async { unless_disabled(element).await })
        .catch_unwind()
        .await
}

/// Runs an element unless it is disabled. The engine asks only the container, once at the start. So each run asks the
/// element.
async fn unless_disabled<T: HealthCheck>(check: &T) -> CheckResult {
    if check.is_disabled() {
        Ok(Outcome::disabled())
    } else {
        check.check().await
    }
}

/// Unhealthy until it is set, because the value to check does not exist yet. The check notices the value at its next
/// run.
///
/// A value that is set after the start is never [attached](HealthCheck::attach). So a change of a [`Flag`](crate::Flag)
/// inside does not start a run at once: the check notices the change at its next run. A `OnceLock` does not belong in
/// the liveness probe, because a restart does not set it sooner.
///
/// In a state that is `Clone`, put the `OnceLock` into an `Arc`. `start_health` clones the state, and a clone of a bare
/// `OnceLock` is separate: a value that is later set in the original never reaches the clone.
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

/// Like [`OnceLock`]: unhealthy until it is set, and attached only if it is set before the start. The check notices the
/// value at its next run. In a state that is `Clone`, put it into an `Arc`.
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
