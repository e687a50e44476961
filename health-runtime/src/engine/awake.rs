//! Time in which this process could run: what a timeout is measured in.
//!
//! SIGSTOP, a frozen VM or a suspended laptop pass time in which no check could have finished, so nothing may be held
//! against a check, and no liveness probe may fail, for it. The pacemaker's own ticks tell: of a gap between two of them
//! that is longer than [`LIMIT`], only [`STEP`] counts as awake. Staleness is not measured so: a result is as old as the clock on the wall says.

use std::time::Duration;

use super::Time;

/// A gap between two ticks that is longer is a freeze: five ticks, for a pacemaker that a busy machine delays.
const LIMIT: Duration = Duration::from_millis(250);

/// What of a freeze counts: one tick, so that it cannot eat up even a short timeout.
const STEP: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct Awake {
    counted: Duration,
    tick: Time,
}

impl Awake {
    /// The awake time at `now`.
    pub(super) fn at(&self, now: Time) -> Duration {
        let gap = now.saturating_sub(self.tick);
        self.counted + if gap > LIMIT { STEP } else { gap }
    }

    /// How much of the time until `now` the process has not run.
    pub(super) fn lost(&self, now: Time) -> Duration {
        now.saturating_sub(self.at(now))
    }

    /// When a gap that has counted in full turns out to be a freeze, if no tick comes: what was judged by it is taken back.
    pub(super) fn doubts_at(&self, now: Time) -> Option<Time> {
        let at = self.tick + LIMIT;
        (at >= now).then_some(at)
    }

    /// Counts all the time that has passed: nobody was frozen.
    pub(super) fn stay(&mut self, now: Time) {
        let counted = self.counted + now.saturating_sub(self.tick);
        *self = Self { counted, tick: now };
    }

    /// Notes a tick, and returns for how long the process has not run, if it has not.
    pub(super) fn tick(&mut self, now: Time) -> Option<Duration> {
        let counted = self.at(now);
        let lost = now
            .saturating_sub(self.tick)
            .saturating_sub(counted.saturating_sub(self.counted));
        *self = Self { counted, tick: now };
        (!lost.is_zero()).then_some(lost)
    }
}
