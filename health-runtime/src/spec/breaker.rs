//! [`Breaker`]: when to leave alone what fails anyway.

use std::time::Duration;

/// A check's circuit breaker: when one that keeps failing is no longer called.
///
/// The breaker opens when enough runs in a row have failed. After `reset` comes one trial (the breaker is half-open).
/// When enough trials in a row have passed, it closes, and the check is called as usual again. Until then, trials
/// included, the check is unhealthy, with reason `breaker_open`, and no probe waits for it.
///
/// For checks whose calls cost something, or hurt what is down already.
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
    /// After 5 failures, one trial every 30 s, until 2 have succeeded.
    pub const fn new() -> Self {
        Self {
            failures: 5,
            successes: 2,
            reset: Duration::from_secs(30),
        }
    }

    /// After this many failed runs in a row the check is no longer called. 1 to 100. Default: 5.
    #[must_use]
    pub const fn failures(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// After this many successful trials in a row it is called as usual again. 1 to 100. Default: 2.
    #[must_use]
    pub const fn successes(mut self, successes: u32) -> Self {
        self.successes = successes;
        self
    }

    /// This long after the last failure comes one trial; after a successful one, the next at the check's usual pace.
    /// 1 ms to 24 h, and longer than the check's own interval. Default: 30 s.
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
