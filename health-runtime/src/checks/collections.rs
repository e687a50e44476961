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

/// Checks all elements concurrently in a single task, and returns the result of the worst one. The [`Parts`] are named
/// `[0]`, `[1]` and so on. Disabled elements do not run, and a `Vec` without any enabled elements is itself disabled.
///
/// The timeout applies to all elements together, so if one of them hangs, the check is reported as `timeout` and the
/// message does not say which element caused it.
impl<T: HealthCheck> HealthCheck for Vec<T> {
    async fn check(&self) -> CheckResult {
        let results = join_all(self.iter().map(contained)).await;
        let mut parts = Parts::new();
        for (index, result) in results.into_iter().enumerate() {
            let name = format!("[{index}]");
            match result {
                Ok(result) => parts.add(name, result),
                Err(panic) => parts.add_failed(name, Reason::Panic, panics::words(panic)),
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

// std and tokio each have a cell that is set once, with the same methods and no trait in common.
macro_rules! set_once {
    ($(#[$doc:meta])* $cell:ident) => {
        $(#[$doc])*
        impl<T: HealthCheck> HealthCheck for $cell<T> {
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
    };
}

set_once! {
    /// Checks the value inside. Until the `OnceLock` is set, there is no value to check yet, so the check is unhealthy.
    /// Once it is set, the value is picked up the next time the check runs.
    ///
    /// A value that is set after the engine has started is never [attached](HealthCheck::attach). For example, if the
    /// value is a [`Flag`](crate::Flag), changing the flag does not run the check right away, so the change is picked
    /// up the next time the check runs. Do not use a `OnceLock` in the liveness probe, because restarting the process
    /// does not set the value any sooner.
    ///
    /// If your state is `Clone`, put the `OnceLock` into an `Arc`. `start_health` clones the state, and the clone of a
    /// bare `OnceLock` is independent of the original, so a value that is later set in the original never reaches the
    /// clone.
    OnceLock
}

set_once! {
    /// Works like the check of [`OnceLock`]: the check is unhealthy until the value is set, and the value is attached
    /// only if it is set before the engine starts. A value that is set later is picked up the next time the check runs.
    /// If your state is `Clone`, put the `OnceCell` into an `Arc`.
    OnceCell
}

async fn once<T: HealthCheck>(set: Option<&T>) -> CheckResult {
    match set {
        Some(inner) => unless_disabled(inner).await,
        None => Err("not set yet".into()),
    }
}
