//! Time in which this process could run: what a timeout is measured in.
//!
//! No check can finish while the process is stopped (SIGSTOP), its VM is frozen or its laptop is suspended. So this time
//! fails no check and no liveness probe. The ticks of the pacemaker show it: a gap between two ticks that is longer than
//! [`LIMIT`] is a freeze, and counts only as [`STEP`].
//!
//! A process with too little CPU time freezes again and again, for up to [`THROTTLED`] at a time. If no freeze counted, its
//! limits would stretch without end. So half of such a freeze counts if another freeze ended less than [`REST`] before:
//! a limit takes at most twice its time. Longer freezes count only as [`STEP`] each time. So does the last freeze in the
//! time of a run, because half of it alone may be longer than a short timeout.
//!
//! Staleness is measured by the clock, not in awake time.

use std::time::Duration;

use crate::engine::Time;

/// A gap between two ticks that is longer is a freeze: five ticks, for a pacemaker that a busy machine delays.
const LIMIT: Duration = Duration::from_millis(250);

/// What of a freeze counts: one tick, so that it cannot eat up even a short timeout.
const STEP: Duration = Duration::from_millis(50);

/// The longest period of a CPU quota (`cpu.max`): a longer freeze has another cause.
const THROTTLED: Duration = Duration::from_secs(1);

/// After this much awake time without a freeze, the next freeze counts only as [`STEP`].
const REST: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(in crate::engine) struct Awake {
    counted: Duration,
    tick: Time,
    /// The awake time at which the last freeze ended.
    thawed: Option<Duration>,
    /// Of the last freeze that counted as half of it: how much more than [`STEP`] counted, and the awake time at its end.
    charged: (Duration, Duration),
}

impl Awake {
    /// The awake time at `now`.
    pub(in crate::engine) fn at(&self, now: Time) -> Duration {
        let gap = now.saturating_sub(self.tick);
        self.counted + self.counts(gap)
    }

    /// The awake time that a run has spent since it began at this awake time. The last freeze counts only as [`STEP`].
    pub(in crate::engine) fn spent(&self, began: Duration, now: Time) -> Duration {
        let gap = now.saturating_sub(self.tick);
        let excused = match (self.charge(gap), self.charged) {
            (Duration::ZERO, (charge, thawed)) if thawed > began => charge,
            (charge, _) => charge,
        };
        self.at(now).saturating_sub(began).saturating_sub(excused)
    }

    /// How much more of this gap counts than [`STEP`], if it is a freeze.
    fn charge(&self, gap: Duration) -> Duration {
        if gap > LIMIT {
            self.counts(gap).saturating_sub(STEP)
        } else {
            Duration::ZERO
        }
    }

    /// How much of the time since the last tick counts.
    fn counts(&self, gap: Duration) -> Duration {
        match gap {
            gap if gap <= LIMIT => gap,
            gap if gap <= THROTTLED && self.is_throttled() => gap / 2,
            _ => STEP,
        }
    }

    /// Whether the last freeze ended less than [`REST`] ago.
    fn is_throttled(&self) -> bool {
        self.thawed
            .is_some_and(|thawed| self.counted.saturating_sub(thawed) < REST)
    }

    /// How much of the time until `now` the process has not run.
    pub(in crate::engine) fn lost(&self, now: Time) -> Duration {
        now.saturating_sub(self.at(now))
    }

    /// When the time since the last tick will count for less than it does now, if no tick comes. States that were judged by
    /// it have to be judged again then.
    pub(in crate::engine) fn doubts_at(&self, now: Time) -> Option<Time> {
        let limits = [Some(LIMIT), self.is_throttled().then_some(THROTTLED)];
        limits
            .into_iter()
            .flatten()
            .map(|limit| self.tick + limit)
            .find(|at| *at >= now)
    }

    /// Counts all the time that has passed: nobody was frozen.
    pub(in crate::engine) fn stay(&mut self, now: Time) {
        self.counted += now.saturating_sub(self.tick);
        self.tick = now;
    }

    /// Notes a tick, and returns for how long the process has not run, if it has not.
    pub(in crate::engine) fn tick(&mut self, now: Time) -> Option<Duration> {
        let gap = now.saturating_sub(self.tick);
        let (counts, charge) = (self.counts(gap), self.charge(gap));
        self.counted += counts;
        self.tick = now;
        if !charge.is_zero() {
            self.charged = (charge, self.counted);
        }
        let lost = gap.saturating_sub(counts);
        if lost.is_zero() {
            return None;
        }
        self.thawed = Some(self.counted);
        Some(lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The awake time of a process that runs and is then stopped, this many times, with a tick at the end of each stop.
    fn awake(run: Duration, stop: Duration, times: u32) -> Duration {
        let (mut awake, mut now) = (Awake::default(), Time::ZERO);
        for _ in 0..times {
            let thaw = now + run;
            while now < thaw {
                now += STEP;
                awake.tick(now);
            }
            now += stop;
            awake.tick(now);
        }
        awake.at(now)
    }

    #[test]
    fn one_freeze_counts_as_one_tick_however_long_it_is() {
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        assert_eq!(awake(second, hour, 1), second + STEP);
        assert_eq!(awake(STEP, hour, 3), 3 * (STEP + STEP), "each time");
        let short = Duration::from_millis(300);
        assert_eq!(awake(REST, short, 3), 3 * (REST + STEP), "a short one after a rest too");
    }

    #[test]
    fn one_freeze_alone_uses_up_no_timeout_though_another_came_before() {
        let mut awake = Awake::default();
        awake.tick(Duration::from_secs(30));
        let mut now = Duration::from_secs(30);
        let began = awake.at(now + STEP / 2);
        now += Duration::from_millis(700);
        assert!(awake.spent(began, now) <= STEP, "before the tick");
        awake.tick(now);
        assert!(awake.spent(began, now) <= STEP, "and after it");
        assert_eq!(
            awake.spent(awake.at(now), now),
            Duration::ZERO,
            "a run that began after it"
        );
        now += Duration::from_millis(700);
        awake.tick(now);
        assert!(
            awake.spent(began, now) >= Duration::from_millis(350),
            "two of them count"
        );
    }

    #[test]
    fn the_limits_of_a_throttled_process_stretch_to_twice_their_length_at_most() {
        for (run, stop) in [(100, 300), (50, 300), (50, 1_000), (100, 251), (1_000, 900)] {
            let (run, stop) = (Duration::from_millis(run), Duration::from_millis(stop));
            let passed = 200 * (run + stop);
            let counted = awake(run, stop, 200);
            assert!(
                passed < counted.mul_f64(2.02),
                "{run:?} of {:?}: {counted:?} of {passed:?}",
                run + stop
            );
        }
    }
}
