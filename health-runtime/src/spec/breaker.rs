//! [`Breaker`]: the circuit breaker of a check that keeps failing.

use std::time::Duration;

/// A circuit breaker, which stops calling a check for a while if it keeps failing.
///
/// When enough runs in a row have failed, the breaker opens, and the check is no longer called. After the `reset` time,
/// the breaker is half-open, and the check is called once as a trial. If the trial fails, the `reset` time starts
/// again. When enough trials in a row have passed, the breaker closes, and the check is called as usual again. Until
/// the breaker closes, the check is unhealthy with the reason `breaker_open`, and no probe waits for it.
///
/// Use a breaker for a check whose calls cost something or make an outage worse.
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
    /// Creates a breaker with the default settings. It opens after 5 failed runs in a row, starts a trial after 30 s,
    /// and closes after 2 passed trials in a row.
    pub const fn new() -> Self {
        Self {
            failures: 5,
            successes: 2,
            reset: Duration::from_secs(30),
        }
    }

    /// Sets how many runs must fail in a row before the breaker opens and the check is no longer called. Must be
    /// between 1 and 100, and no less than the [`failure_threshold`](crate::CheckSpec::failure_threshold) of the check.
    /// The default is 5.
    #[must_use]
    pub const fn failures(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// Sets how many trials must pass in a row before the breaker closes and the check is called as usual again. Must
    /// be between 1 and 100. The default is 2.
    #[must_use]
    pub const fn successes(mut self, successes: u32) -> Self {
        self.successes = successes;
        self
    }

    /// Sets how long after the last failure the check is called once as a trial. If the trial passes, any further
    /// trials follow at the usual pace of the check. Must be between 1 ms and 24 h, and longer than the interval of the
    /// check. The default is 30 s.
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
