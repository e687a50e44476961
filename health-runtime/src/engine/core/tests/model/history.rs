//! What was done to a core, and when. The reference computes its answers from nothing else.

use std::time::Duration;

use super::super::super::super::Plan;
use super::super::{Time, ms};
use crate::outcome::{Reason, Status};
use crate::spec::Probe;

/// A status and a reason, as in the tables of `docs/states.md`.
pub(super) type Said = (Status, Option<Reason>);

#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) now: Time,
    /// The time of the last tick, by the clock and in awake time.
    pub(super) tick: (Time, Time),
    /// The awake time at the end of the last freeze.
    pub(super) thawed: Option<Time>,
    /// For the last freeze that counted as half: how much it counted beyond one tick, and the awake time at its end.
    pub(super) charged: (Duration, Time),
    /// For how long the runtime may run no beat, and the awake time of its last beat.
    pub(super) stalled_after: Option<(Duration, Time)>,
    pub(super) checks: Vec<Check>,
    /// Whether `mark_started` was called, or is not needed.
    pub(super) is_marked: bool,
    pub(super) is_armed: bool,
    pub(super) is_started: bool,
    pub(super) is_draining: bool,
    /// How many startup tasks are not done. A task that was dropped is never done.
    pub(super) tasks: u32,
    pub(super) holds: u32,
}

#[derive(Debug)]
pub(super) struct Check {
    pub(super) plan: Plan,
    pub(super) is_disabled: bool,
    pub(super) run: Run,
    pub(super) finished: Vec<Finished>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Run {
    None,
    Started,
    /// The runtime has polled it, for the first time at this awake time.
    Began(Time),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Finished {
    pub(super) at: Time,
    pub(super) said: Said,
    pub(super) passes: bool,
    /// Whether it reached what it checks.
    pub(super) asked: bool,
    /// Whether the check was `stuck` when the run ended.
    pub(super) was_stuck: bool,
}

impl History {
    /// The awake time: the time in which the process could run.
    pub(super) fn awake(&self) -> Time {
        let gap = self.now.saturating_sub(self.tick.0);
        let is_throttled = gap <= ms(1_000) && self.thawed.is_some_and(|thawed| self.tick.1 < thawed + ms(10_000));
        let excused = if is_throttled { gap / 2 } else { ms(50) };
        self.tick.1 + if gap > ms(250) { excused } else { gap }
    }

    pub(super) fn awake_since(&self, awake: Time) -> Duration {
        self.awake().saturating_sub(awake)
    }

    /// If the time since the last tick is a freeze: how much it counts beyond one tick.
    pub(super) fn charge(&self) -> Duration {
        let gap = self.now.saturating_sub(self.tick.0);
        let counted = self.awake_since(self.tick.1);
        if gap > ms(250) {
            counted.saturating_sub(ms(50))
        } else {
            ms(0)
        }
    }

    /// The awake time that a run has used since it began at the awake time `began`. The last freeze during the run
    /// counts as one tick.
    pub(super) fn spent(&self, began: Time) -> Duration {
        let (before, thawed) = self.charged;
        let before = if thawed > began { before } else { ms(0) };
        let excused = if self.charge() > ms(0) { self.charge() } else { before };
        self.awake_since(began).saturating_sub(excused)
    }

    /// Whether the runtime has run no beat for too long.
    pub(super) fn is_stalled(&self) -> bool {
        matches!(self.stalled_after, Some((limit, beat)) if self.awake_since(beat) >= limit)
    }

    pub(super) fn of(&self, probe: Probe) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.plan.spec.is_in(probe))
    }

    /// Whether the check never runs again.
    pub(super) fn is_over(&self, check: &Check) -> bool {
        check.is_disabled || self.is_started && check.plan.is_startup_only()
    }
}

impl Check {
    /// When the breaker allows the next run.
    pub(super) fn opens(&self) -> Time {
        let opened = self.opened(&self.finished).zip(self.plan.spec.breaker);
        opened.map_or(Time::ZERO, |(at, breaker)| at + breaker.reset)
    }

    /// After this many such runs in a row, the published state changes.
    pub(super) fn threshold(&self, passes: bool) -> usize {
        let spec = &self.plan.spec;
        let threshold = if passes {
            spec.success_threshold
        } else {
            spec.failure_threshold
        };
        threshold as usize
    }

    pub(super) fn fails_open(&self) -> bool {
        let mut pasts = (0..=self.finished.len()).map(|runs| self.said(&self.finished[..runs]));
        self.plan.spec.fail_open && pasts.any(|said| said.is_some_and(|said| said.0 != Status::Unhealthy))
    }

    /// The time between two runs: 1 s, 2 s, 4 s and so on until one has passed, but at most the interval.
    pub(super) fn pause(&self, interval: Duration) -> Duration {
        let is_eager = !self.has_passed() && self.opened(&self.finished).is_none();
        match self.finished.len() {
            failures @ 1..16 if is_eager => interval.min(ms(1_000 << (failures - 1))),
            _ => interval,
        }
    }

    pub(super) fn has_passed(&self) -> bool {
        self.finished.iter().any(|run| run.passes)
    }
}
