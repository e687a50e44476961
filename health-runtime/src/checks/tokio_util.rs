//! tokio-util's `TaskTracker`: the check fails once the tracker is closed and its tasks have ended.

use tokio_util::task::TaskTracker;

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};

/// Checks that the tasks of a closed tracker have not all ended.
///
/// Each run reads an atomic number. It never waits.
///
/// | what it finds | result |
/// |---|---|
/// | the tracker is open, whether it has tasks or not | healthy |
/// | the tracker is closed, and some of its tasks are still running | healthy |
/// | the tracker is closed, and none of its tasks is running | unhealthy, `error` |
///
/// Details: `tasks`, which is the number of tasks that have not ended yet.
///
/// Feature: `tokio-util-0_7`.
///
/// While a tracker is open, it is normal that it has no tasks. For example, a server that spawns one task for each
/// connection has none while it is idle. Once the tracker is closed, no more tasks are expected. When the last task has
/// ended, the work is over. [`TaskTracker::wait`] waits for the same condition.
///
/// For a group of workers that should run as long as the service does, spawn all of them, then call
/// [`TaskTracker::close`]. From then on, the check works like that of an [`AbortHandle`](tokio::task::AbortHandle), but
/// for the whole group. The end of the last task is detected the next time the check runs.
///
/// A tracker only counts its tasks. The check cannot detect that one of several workers has ended, or that a worker
/// hangs. To detect these, use one `AbortHandle` for each worker, or a [`Heartbeat`](crate::Heartbeat).
///
/// If all workers have ended, a restart starts them again, so the check can be used in the liveness probe. Leave it out
/// of the liveness probe if your service closes the tracker only when it shuts down.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use tokio_util::task::TaskTracker;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// The consumers of the orders queue.
///     #[health_check(liveness)]
///     consumers: TaskTracker,
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let state = AppState { consumers: TaskTracker::new() };
/// for _ in 0..4 {
///     state.consumers.spawn(consume());
/// }
/// state.consumers.close(); // from here on, the check fails when no consumer is left
/// let health = state.start_health();
/// # });
/// # async fn consume() {}
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "tokio-util-0_7")))]
impl HealthCheck for TaskTracker {
    async fn check(&self) -> CheckResult {
        // In this order: otherwise a task could be spawned, and the tracker closed, after its tasks were counted.
        let is_closed = self.is_closed();
        let tasks = self.len();
        if is_closed && tasks == 0 {
            return Err("the task tracker is closed, and all of its tasks have ended".into());
        }
        Ok(Outcome::healthy().detail("tasks", tasks))
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "tokio-util-0_7")))]
impl InProcess for TaskTracker {}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::outcome::Status;

    async fn tasks(tracker: &TaskTracker) -> f64 {
        let outcome = tracker.check().await.expect("it is not over");
        let tasks = &outcome.details()[0];
        assert_eq!((outcome.status(), &*tasks.name), (Status::Healthy, "tasks"));
        tasks.value.as_f64().expect("a number")
    }

    #[tokio::test]
    async fn a_closed_tracker_fails_when_its_last_task_has_ended() {
        let tracker = TaskTracker::new();
        let (first, second) = (tracker.spawn(pending::<()>()), tracker.spawn(pending::<()>()));
        tracker.close();
        assert!((tasks(&tracker).await - 2.0).abs() < 0.1);
        first.abort();
        first.await.unwrap_err();
        assert!((tasks(&tracker).await - 1.0).abs() < 0.1);
        second.abort();
        second.await.unwrap_err();
        let error = tracker.check().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the task tracker is closed, and all of its tasks have ended"
        );
    }

    #[tokio::test]
    async fn an_open_tracker_is_healthy_without_tasks() {
        let tracker = TaskTracker::new();
        assert!(tasks(&tracker).await < 0.1);
        tracker.spawn(async {}).await.expect("it ends");
        assert!(tasks(&tracker).await < 0.1);
    }

    #[test]
    fn a_tracker_is_in_process() {
        fn in_process<T: InProcess>() {}
        in_process::<TaskTracker>();
    }
}
