//! Time in which this process could run: what a timeout is measured in.
//!
//! SIGSTOP, a frozen VM or a suspended laptop pass time in which no check could have finished, so nothing may be held
//! against a check, and no liveness probe may fail, for it. The pacemaker's own ticks tell: time counts as awake only
//! up to [`LIMIT`] after each of them. Staleness is not measured so: a result is as old as the clock on the wall says.

use std::time::Duration;

use super::Time;

/// Ten ticks: enough for a pacemaker that a busy machine delays, and short beside any timeout.
pub(super) const LIMIT: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct Awake {
    counted: Duration,
    tick: Time,
}

impl Awake {
    /// The awake time at `now`.
    pub(super) fn at(&self, now: Time) -> Duration {
        self.counted + now.saturating_sub(self.tick).min(LIMIT)
    }

    /// Notes a tick, and returns for how long the process has not run, if it has not.
    pub(super) fn tick(&mut self, now: Time) -> Option<Duration> {
        let lost = now.saturating_sub(self.tick).saturating_sub(LIMIT);
        let counted = self.at(now);
        *self = Self { counted, tick: now };
        (!lost.is_zero()).then_some(lost)
    }
}
