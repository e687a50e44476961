//! tokio's `Semaphore`: the check is degraded while no permit is free, and fails once the semaphore is closed.

use tokio::sync::Semaphore;

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};

/// Checks that a permit is free, for a semaphore that limits how much the service does at the same time.
///
/// Each run reads one atomic number. It never waits and never takes a permit.
///
/// | what it finds | result |
/// |---|---|
/// | at least one permit is free | healthy |
/// | no permit is free, so `acquire` has to wait | degraded, `saturated` |
/// | the semaphore was closed, so `acquire` returns an error | unhealthy, `error` |
///
/// Details: `free`, which is the number of free permits. tokio does not report the total number of permits.
///
/// Feature: none is needed.
///
/// A semaphore without a free permit is only degraded, because being busy does not mean being broken. If the check
/// should fail when no permit becomes free for a long time, write a check that acquires one, and return
/// [`Outcome::exhausted`], whose documentation has an example.
///
/// If `acquire_many` waits for more permits than are free, the check does not detect this.
///
/// A closed semaphore cannot be opened again, so only a restart helps. For this reason, the check can be used in the
/// liveness probe. Leave it out of the liveness probe if your service closes the semaphore when it shuts down.
///
/// See the documentation of [`Semaphore::is_closed`] and [`Semaphore::available_permits`] for what exactly tokio
/// reports.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use health_runtime::HealthState;
/// use tokio::sync::Semaphore;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// At most 8 reports are rendered at the same time.
///     #[health_check]
///     renderers: Arc<Semaphore>,
/// }
///
/// let state = AppState { renderers: Arc::new(Semaphore::new(8)) };
/// ```
impl HealthCheck for Semaphore {
    async fn check(&self) -> CheckResult {
        if self.is_closed() {
            return Err("the semaphore is closed".into());
        }
        let free = self.available_permits();
        let outcome = if free > 0 {
            Outcome::healthy()
        } else {
            Outcome::saturated("all permits of the semaphore are in use")
        };
        Ok(outcome.detail("free", free))
    }
}

impl InProcess for Semaphore {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::{Reason, Status};

    #[tokio::test]
    async fn a_semaphore_is_saturated_while_no_permit_is_free() {
        let semaphore = Arc::new(Semaphore::new(2));
        let shown = async || {
            let outcome = semaphore.check().await.expect("it is open");
            let free = outcome.details()[0].clone();
            assert_eq!(free.name, "free");
            (outcome.status(), outcome.reason(), free.value.as_f64())
        };
        assert_eq!(shown().await, (Status::Healthy, None, Some(2.0)));
        let first = semaphore.acquire().await.expect("it is open");
        assert_eq!(shown().await, (Status::Healthy, None, Some(1.0)));
        let _second = semaphore.acquire().await.expect("it is open");
        assert_eq!(shown().await, (Status::Degraded, Some(Reason::Saturated), Some(0.0)));
        drop(first);
        assert_eq!(shown().await, (Status::Healthy, None, Some(1.0)));
    }

    #[tokio::test]
    async fn a_closed_semaphore_fails_even_if_permits_are_free() {
        let semaphore = Semaphore::new(2);
        semaphore.close();
        let error = semaphore.check().await.unwrap_err();
        assert_eq!(error.to_string(), "the semaphore is closed");
    }

    #[test]
    fn a_shared_semaphore_is_in_process() {
        fn in_process<T: InProcess>() {}
        in_process::<Arc<Semaphore>>();
    }
}
