//! Tokio's tasks, by the handles to them: a worker that returned, panicked or was aborted works no more.

use tokio::task::{AbortHandle, JoinHandle};

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};

/// Fails once the task has ended, however it did: a worker that returned works no more. Noticed at the check's next run.
///
/// A task that hangs has not ended: that is for a [`Heartbeat`](crate::Heartbeat) to notice.
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

/// As that of its [`AbortHandle`], which a state that is `Clone` needs instead.
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
