//! [`Deadline`], which bounds everything that a probe does.

use std::time::{Duration, Instant};

/// A longer timeout has no use, and its end may not be representable.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The moment at which the probe fails, and the timeout that it comes from.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(super) fn after(timeout: Duration) -> Self {
        let timeout = timeout.min(LONGEST);
        Self {
            at: Instant::now() + timeout,
            timeout,
        }
    }

    /// The time that is left; `None` if there is none. The timeouts of sockets must not be zero.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        Some(left).filter(|left| !left.is_zero())
    }

    /// For a message: `within 2000 ms`.
    pub(super) fn within(&self) -> String {
        format!("within {} ms", self.timeout.as_millis())
    }
}
