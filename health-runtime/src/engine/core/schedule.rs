//! When runs start: the interval with its jitter, slices, requests, and retries until a check has passed once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;

use crate::engine::Time;
use crate::engine::core::Core;
use crate::engine::core::blocking_limit::LONG;
use crate::engine::core::slot::Running;
use crate::engine::pacemaker::TICK;
use crate::spec::Refresh;

/// One tick starts at most this many runs, so that the first runs end before the last ones begin. Ten thousand runs at
/// once take ten times the memory, and the allocator never returns it.
const SLICE: usize = 250;

/// Requests start a check at most once in this time. Otherwise a check that requests its own next run would use a whole
/// CPU.
const FLOOR: Duration = TICK;

/// How long a check that has never passed waits after its first failure. The wait doubles with each failure, up to the
/// interval, so that a service becomes ready soon after its database does.
pub(crate) const FIRST_RETRY: Duration = Duration::from_secs(1);

/// When each check is due.
#[derive(Debug)]
pub(super) struct Schedule {
    /// An entry counts only if it equals the time in the check's slot. Other entries are out of date.
    pub(super) due: BinaryHeap<Reverse<(Time, usize)>>,
    jitter: Rng,
}

impl Schedule {
    /// Creates a schedule in which these checks are due at time zero.
    pub(super) fn new(indices: impl Iterator<Item = usize>, jitter: Rng) -> Self {
        Self {
            due: indices.map(|index| Reverse((Time::ZERO, index))).collect(),
            jitter,
        }
    }

    /// This time ±10 %. Without it, checks and replicas that start together would always run together.
    fn jittered(&mut self, time: Duration) -> Duration {
        time.mul_f64(self.jitter.f64().mul_add(0.2, 0.9))
    }

    /// Adds an entry. `is_current` returns whether an entry is the time in its check's slot.
    ///
    /// If there are twice as many entries as checks, first removes those that are out of date. Otherwise a check that
    /// requests a run every tick would leave 72,000 entries in an hour.
    fn add(&mut self, at: Time, index: usize, checks: usize, is_current: impl Fn(Time, usize) -> bool) {
        if self.due.len() >= 2 * checks {
            self.due.retain(|Reverse((at, index))| is_current(*at, *index));
        }
        self.due.push(Reverse((at, index)));
    }

    /// The next entry of the schedule, if it is due.
    fn peek(&self, now: Time) -> Option<(Time, usize)> {
        let Reverse(next) = self.due.peek()?;
        Some(*next).filter(|(at, _)| *at <= now)
    }
}

impl Core {
    /// Starts the checks that are due. Returns whether more of them are due than one tick starts.
    pub(super) fn start_due(&mut self, now: Time) -> bool {
        let mut started = 0;
        while let Some((at, index)) = self.schedule.peek(now) {
            if self.slots[index].due != Some(at) {
                self.schedule.due.pop();
                continue;
            }
            if started == SLICE {
                return true;
            }
            started += 1;
            self.schedule.due.pop();
            self.slots[index].due = None;
            self.run_due(index, at, now);
        }
        false
    }

    /// Starts a check that was due at `at`, and plans its next run.
    fn run_due(&mut self, index: usize, at: Time, now: Time) {
        if self.slots[index].disabled || self.is_over(index) {
            return;
        }
        if let Some(until) = self.slots[index].breaker.open_until(now) {
            self.plan(index, until);
            return;
        }
        if let Refresh::Interval(interval) = self.plans[index].refresh {
            // Runs that were missed in a freeze are skipped.
            let base = if now.saturating_sub(at) > interval { now } else { at };
            let next = base + self.schedule.jittered(interval);
            self.plan(index, next);
        }
        self.start(index, now);
    }

    /// Plans the next run for `at`. This replaces the time planned before.
    fn plan(&mut self, index: usize, at: Time) {
        let slots = &mut self.slots;
        slots[index].due = None; // if it has an entry, that entry is now out of date
        self.schedule
            .add(at, index, slots.len(), |at, index| slots[index].due == Some(at));
        slots[index].due = Some(at);
    }

    /// Plans the next run for `at`, unless an earlier one is planned.
    fn plan_by(&mut self, index: usize, at: Time) {
        if self.slots[index].due.is_none_or(|due| due > at) {
            self.plan(index, at);
        }
    }

    /// Starts a run at once, or [`FLOOR`] after the start of the last run. If a run is in flight, the new run starts
    /// after it: the run in flight may have looked too early.
    pub(crate) fn request(&mut self, index: usize, now: Time) {
        let slot = &mut self.slots[index];
        if slot.running.is_some() {
            slot.again = true;
            return;
        }
        match slot.started.map(|started| started + FLOOR).filter(|free| *free > now) {
            Some(free) => self.plan_by(index, free),
            None => self.start(index, now),
        }
    }

    /// Requests a run of each of these checks. They start at the next ticks, because there may be many.
    pub(crate) fn request_all(&mut self, indices: impl Iterator<Item = usize>, now: Time) {
        for index in indices {
            let slot = &mut self.slots[index];
            if slot.running.is_some() {
                slot.again = true;
            } else {
                let free = slot.started.map_or(now, |started| now.max(started + FLOOR));
                self.plan_by(index, free);
            }
        }
    }

    /// Notes that a run has failed. If no run has ever passed, plans the next one soon.
    pub(super) fn retry_soon(&mut self, index: usize, now: Time) {
        let (slot, plan) = (&self.slots[index], &self.plans[index]);
        let Refresh::Interval(interval) = plan.refresh else {
            return;
        };
        if slot.passed {
            return;
        }
        let failures = u32::try_from(slot.runs).unwrap_or(u32::MAX).saturating_sub(1);
        let wait = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures));
        if wait < interval {
            let wait = self.schedule.jittered(wait);
            self.plan_by(index, now + wait);
        }
    }

    /// Requests a run of each check that fails when the service has started. It may have failed because something was
    /// missing during the start. The runs start at the next ticks.
    pub(super) fn retry_failed(&mut self, now: Time) {
        let has_failed = |index: &usize| self.slots[*index].last.is_some() && !self.state(*index, now).passes();
        let failed: Vec<_> = (0..self.slots.len()).filter(has_failed).collect();
        self.request_all(failed.into_iter(), now);
    }

    /// Marks a run as started, if one may start.
    pub(super) fn start(&mut self, index: usize, now: Time) {
        if !self.may_start(index, now) {
            return;
        }
        let since = self.awake.at(now);
        let slot = &mut self.slots[index];
        slot.runs += 1;
        slot.started = Some(now);
        slot.running = Some(Running {
            since,
            began: None,
            abort: None,
        });
        self.running += 1;
        let run = (index, slot.runs);
        let blocking = self.plans[index].spec.blocking;
        let starts = if blocking { self.threads.take(run) } else { Some(run) };
        self.effects.start.extend(starts);
        self.note_asked(index, now);
    }

    /// Stops counting long runs of blocking checks towards the limit, so that other checks get a thread.
    pub(super) fn give_up_long_threads(&mut self, now: Time) {
        let is_long = |index| self.spent(index, now).is_some_and(|spent| spent >= LONG);
        let long: Vec<_> = self.threads.taken().filter(|(index, _)| is_long(*index)).collect();
        for run in long {
            let next = self.threads.free(run);
            self.effects.start.extend(next);
        }
    }
}
