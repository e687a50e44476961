//! Whether a check that keeps failing is still called.

use crate::engine::Time;
use crate::spec::Breaker;

/// Closed → open → half-open → closed.
#[derive(Debug)]
pub(super) enum BreakerState {
    /// The check is called as usual. Its last `failures` runs have failed.
    Closed { failures: u32 },
    /// The check is not called before `until`. After that the breaker is half-open: each call is a trial. The last
    /// `passed` trials have passed.
    Open { until: Time, passed: u32 },
}

impl BreakerState {
    pub(super) const fn new() -> Self {
        Self::Closed { failures: 0 }
    }

    /// Open or half-open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// The earliest time at which the check may be called, if it may not be called now.
    pub(super) fn open_until(&self, now: Time) -> Option<Time> {
        match self {
            Self::Open { until, .. } if *until > now => Some(*until),
            _ => None,
        }
    }

    /// Notes whether a run has passed.
    pub(super) fn take(&mut self, passes: bool, breaker: Breaker, now: Time) {
        *self = match *self {
            Self::Closed { .. } if passes => Self::new(),
            Self::Closed { failures } if failures + 1 < breaker.failures => Self::Closed { failures: failures + 1 },
            Self::Open { passed, .. } if passes && passed + 1 >= breaker.successes => Self::new(),
            Self::Open { until, passed } if passes => Self::Open {
                until,
                passed: passed + 1,
            },
            _ => Self::Open {
                until: now.saturating_add(breaker.reset),
                passed: 0,
            },
        };
    }
}
