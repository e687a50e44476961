//! [`Breaker`]: the circuit breaker of a check that keeps failing.

use std::time::Duration;

/// A circuit breaker: a check that keeps failing is not called for a while.
///
/// When enough runs in a row have failed, the breaker opens, and the check is no longer called. After `reset`, the
/// breaker is half-open, and the check is called once, as a trial. If the trial fails, `reset` begins again. When
/// enough trials in a row have passed, the breaker closes, and the check is called as usual again. Until the breaker
/// closes, the check is unhealthy with reason `breaker_open`, and no probe waits for it.
///
/// Use it for a check if its calls cost something, or make an outage worse.
///
/// ```
/// use health_runtime::{Breaker, CheckSpec};
/// use std::time::Duration;
///
/// const GENTLY: Breaker = Breaker::new().failures(3).reset(Duration::from_secs(60));
/// const PAYMENTS: CheckSpec = CheckSpec::new("payments").breaker(GENTLY);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    pub(crate) failures: u32,
    pub(crate) successes: u32,
    pub(crate) reset: Duration,
}

impl Breaker {
    /// A breaker with the defaults: it opens after 5 failed runs in a row, has its trial after 30 s, and closes after 2
    /// passed trials in a row.
    pub const fn new() -> Self {
        Self {
            failures: 5,
            successes: 2,
            reset: Duration::from_secs(30),
        }
    }

    /// After this many failed runs in a row, the check is no longer called. 1 to 100, and not less than the
    /// [`failure_threshold`](crate::CheckSpec::failure_threshold) of the check. Default: 5.
    #[must_use]
    pub const fn failures(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// After this many passed trials in a row, the check is called as usual again. 1 to 100. Default: 2.
    #[must_use]
    pub const fn successes(mut self, successes: u32) -> Self {
        self.successes = successes;
        self
    }

    /// How long after the last failure the check is called once, as a trial. If the trial passes, the next trials
    /// follow at the usual pace of the check. 1 ms to 24 h, and longer than the interval of the check. Default: 30 s.
    #[must_use]
    pub const fn reset(mut self, reset: Duration) -> Self {
        self.reset = reset;
        self
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}
