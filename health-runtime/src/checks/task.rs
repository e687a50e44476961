//! The handles of tokio's tasks: the check fails once the task has ended.

use tokio::task::{AbortHandle, JoinHandle};

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};

/// Checks that the task is still running.
///
/// The check is unhealthy (`error`) once the task has ended, whether it has returned, panicked or been aborted. The end
/// is detected the next time the check runs. A run reads one atomic number. There are no details, and no feature is
/// needed.
///
/// A task that hangs has not ended. To detect a task that hangs, use a [`Heartbeat`](crate::Heartbeat) instead.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use tokio::task::AbortHandle;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// Takes orders off the queue.
///     #[health_check(liveness)]
///     worker: AbortHandle,
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let worker = tokio::spawn(std::future::pending::<()>());
/// let health = AppState { worker: worker.abort_handle() }.start_health();
/// # });
/// ```
impl HealthCheck for AbortHandle {
    async fn check(&self) -> CheckResult {
        running(!self.is_finished())
    }
}

impl InProcess for AbortHandle {}

/// Checks that the task is still running, in the same way as the check of [`AbortHandle`].
///
/// A `JoinHandle` is not `Clone`. If your state is `Clone`, use an `AbortHandle` instead.
impl<T: Send + 'static> HealthCheck for JoinHandle<T> {
    async fn check(&self) -> CheckResult {
        running(!self.is_finished())
    }
}

impl<T: Send + 'static> InProcess for JoinHandle<T> {}

fn running(is_running: bool) -> CheckResult {
    if is_running {
        Ok(Outcome::healthy())
    } else {
        Err("the task has ended".into())
    }
}
