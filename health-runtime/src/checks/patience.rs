//! How long a check waits for one thing.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::current_run;

/// How long a check waits for one thing if it runs outside of an engine.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait for one thing. Less than all the time left, so that the run can report what it waited for.
pub(crate) fn patience() -> Duration {
    current_run::time_left().map_or(PATIENCE, |left| left * 3 / 4)
}

/// Waits for at most this long, with two timers of half the time. If a freeze of the process uses up the first timer,
/// the second one is left. The error is the time in milliseconds.
pub(crate) async fn within<F: Future>(patience: Duration, future: F) -> Result<F::Output, u128> {
    let mut future = pin!(future);
    for _ in 0..2 {
        if let Ok(output) = timeout(patience / 2, future.as_mut()).await {
            return Ok(output);
        }
    }
    Err(patience.as_millis())
}
