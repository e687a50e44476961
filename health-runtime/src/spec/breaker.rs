//! [`Breaker`]: the circuit breaker of a check that keeps failing.

use std::time::Duration;

/// A circuit breaker that stops calling a check for a while if the check keeps failing.
///
/// The breaker opens when enough runs have failed in a row, and from then on, the check is no longer called. Once the
/// `reset` time has passed, the breaker is half-open, and the check is called once as a trial. If the trial fails, the
/// `reset` time starts over. When enough trials have passed in a row, the breaker closes, and the check is called as
/// usual again. Until then, the check is unhealthy with the reason `breaker_open`, and no probe waits for it.
///
/// Breakers are useful for checks that cost something each time they are called, or that would make an outage worse.
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
    /// Creates a breaker with the default settings, which opens after 5 failed runs in a row, starts a trial after 30
    /// s, and closes after 2 passed trials in a row.
    pub const fn new() -> Self {
        Self {
            failures: 5,
            successes: 2,
            reset: Duration::from_secs(30),
        }
    }

    /// Sets how many runs must fail in a row before the breaker opens and the check is no longer called. The value must
    /// be between 1 and 100, and no less than the check's [`failure_threshold`](crate::CheckSpec::failure_threshold).
    /// The default is 5.
    #[must_use]
    pub const fn failures(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// Sets how many trials must pass in a row before the breaker closes and the check is called as usual again. The
    /// value must be between 1 and 100, and the default is 2.
    #[must_use]
    pub const fn successes(mut self, successes: u32) -> Self {
        self.successes = successes;
        self
    }

    /// Sets how long the breaker waits after the last failure before it lets a trial run through. If the trial passes,
    /// any further trials follow at the check's usual pace. The time must be between 1 ms and 24 h, and longer than the
    /// check's interval. The default is 30 s.
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
