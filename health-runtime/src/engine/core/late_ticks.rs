//! Awake time: the time in which this process could run. Timeouts are measured in it.
//!
//! No check can finish while the process is stopped (SIGSTOP), its VM is frozen or its laptop is suspended. So this
//! time must fail no check and no liveness probe. The ticks of the pacemaker show it: a gap between two ticks that is
//! longer than [`LIMIT`] is a freeze, and counts only as [`STEP`].
//!
//! A process with too little CPU time freezes again and again, for up to [`THROTTLED`] each time. If no freeze counted,
//! a timeout could take forever. So half of such a freeze counts if the previous freeze ended less than [`REST`] before
//! it: a timeout takes at most twice its time. A longer freeze always counts only as [`STEP`]. The last freeze during a
//! run also counts only as [`STEP`] for that run, because half of the freeze may be longer than a short timeout.
//!
//! Staleness is measured by the clock, not in awake time.

use std::time::Duration;

use crate::engine::Time;

/// A longer gap between two ticks is a freeze. Five ticks, because a busy machine delays the pacemaker.
const LIMIT: Duration = Duration::from_millis(250);

/// How much of a freeze counts. One tick, so that a freeze does not use up even a short timeout.
const STEP: Duration = Duration::from_millis(50);

/// The longest period of a CPU quota (`cpu.max`). A longer freeze has another cause.
const THROTTLED: Duration = Duration::from_secs(1);

/// After this much awake time without a freeze, the next freeze counts only as [`STEP`].
const REST: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(in crate::engine) struct Awake {
    counted: Duration,
    tick: Time,
    /// The awake time at which the last freeze ended.
    thawed: Option<Duration>,
    /// For the last freeze that counted as half: how much it counted beyond [`STEP`], and the awake time at its end.
    charged: (Duration, Duration),
}

impl Awake {
    /// The awake time at `now`.
    pub(in crate::engine) fn at(&self, now: Time) -> Duration {
        let gap = now.saturating_sub(self.tick);
        self.counted + self.counts(gap)
    }

    /// The awake time that a run has used since it began at the awake time `began`. The last freeze during the run
    /// counts only as [`STEP`].
    pub(in crate::engine) fn spent(&self, began: Duration, now: Time) -> Duration {
        let gap = now.saturating_sub(self.tick);
        let excused = match (self.charge(gap), self.charged) {
            (Duration::ZERO, (charge, thawed)) if thawed > began => charge,
            (charge, _) => charge,
        };
        self.at(now).saturating_sub(began).saturating_sub(excused)
    }

    /// If this gap is a freeze: how much more than [`STEP`] of it counts.
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

    /// How much of the time until `now` does not count as awake time.
    pub(in crate::engine) fn lost(&self, now: Time) -> Duration {
        now.saturating_sub(self.at(now))
    }

    /// The next moment after which less of the time since the last tick counts, if no tick comes before. States that
    /// depend on this time have to be computed again then.
    pub(in crate::engine) fn doubts_at(&self, now: Time) -> Option<Time> {
        let limits = [Some(LIMIT), self.is_throttled().then_some(THROTTLED)];
        limits
            .into_iter()
            .flatten()
            .map(|limit| self.tick + limit)
            .find(|at| *at >= now)
    }

    /// Counts all the time since the last tick, because nothing was frozen.
    pub(in crate::engine) fn stay(&mut self, now: Time) {
        self.counted += now.saturating_sub(self.tick);
        self.tick = now;
    }

    /// Notes a tick. Returns how much of the time since the last tick does not count, or `None` if all of it counts.
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

    /// The awake time of a process that runs and is then stopped, `times` times. A tick comes at the end of each stop.
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
    fn one_freeze_counts_as_one_tick_regardless_of_its_length() {
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        assert_eq!(awake(second, hour, 1), second + STEP);
        assert_eq!(awake(STEP, hour, 3), 3 * (STEP + STEP), "each time");
        let short = Duration::from_millis(300);
        assert_eq!(awake(REST, short, 3), 3 * (REST + STEP), "a short one after a rest too");
    }

    #[test]
    fn one_freeze_costs_a_run_at_most_one_tick_even_after_an_earlier_freeze() {
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
    fn the_limits_of_a_throttled_process_at_most_double() {
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
