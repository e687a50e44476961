//! Every state as a pure function of what happened and of now.
//!
//! The core does no I/O, reads no clock and calls no user code. Whoever calls it holds the engine's lock, and carries
//! out its [`Effects`] after the lock is released.
//!
//! ```text
//! slot       what is kept of one check
//! published  what its runs say, through the thresholds
//! circuit    its breaker
//! threads    how many runs have a thread of their own
//! heart      whether the runtime still runs what it is given
//! judge      how a check is at a moment, and what a probe has to do about it
//! publish    the view, and what the world is told
//! ```
//!
//! This file is what happens: time passes, runs start and end, somebody asks, holds, drains.

#[cfg(feature = "testing")]
mod by_hand;
mod circuit;
mod heart;
mod judge;
mod publish;
mod published;
mod slot;
mod threads;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::AbortHandle;

use self::heart::Heart;
use self::slot::{Finished, Running, Slot};
use self::threads::Threads;
use super::awake::Awake;
use super::phase::Lifecycle;
use super::plan::Plan;
use super::{Event, RunResult, State, Time};
use crate::outcome::{Reason, Status};
use crate::spec::{Probe, Refresh};

/// So many runs start in one tick at most, so that the first ones have ended before the last begin: ten thousand at once
/// would take ten times the memory, for good.
const SLICE: usize = 250;

/// A freeze that is worth a word in the log; less is a busy machine.
const NOTABLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Core {
    plans: Arc<[Plan]>,
    slots: Vec<Slot>,
    due: BinaryHeap<Reverse<(Time, usize)>>,
    /// The startup checks that have not passed yet: a number, so that a result costs the same however many there are.
    missing: usize,
    /// The runs in flight: a number for the same reason.
    running: usize,
    threads: Threads,
    /// What a test says of checks, whatever their runs say.
    forced: BTreeMap<usize, RunResult>,
    jitter: Rng,
    budget: Duration,
    pub(super) awake: Awake,
    heart: Heart,
    pub(super) lifecycle: Lifecycle,
    /// The readiness of which the world has been told, and whether it only waits for first results.
    told_readiness: (State, bool),
    told_stalled: bool,
    effects: Effects,
}

/// What is to be done once the lock is released.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Runs to start: already marked as running.
    pub(crate) start: VecDeque<(usize, u64)>,
    /// A beat is to be sent through the runtime.
    pub(crate) beat: bool,
    pub(crate) events: Vec<Event>,
    /// Something a view shows has changed.
    pub(crate) changed: bool,
}

impl Effects {
    /// Adds what something later has led to. Its events have been put where they belong.
    pub(super) fn extend(&mut self, later: Self) {
        self.start.extend(later.start);
        self.beat |= later.beat;
        self.changed |= later.changed;
    }
}

impl Core {
    /// A core for these checks; `disabled[i]` says that check `i` never runs. Interval checks are due at time zero.
    pub(crate) fn new(
        plans: Arc<[Plan]>,
        disabled: Vec<bool>,
        budget: Duration,
        manual_start: bool,
        jitter: Rng,
    ) -> Self {
        let slots: Vec<_> = disabled.into_iter().map(Slot::new).collect();
        let due = (0..slots.len())
            .filter(|index| !slots[*index].disabled && plans[*index].ttl().is_none())
            .map(|index| Reverse((Time::ZERO, index)))
            .collect();
        let is_missing = |(slot, plan): &(&Slot, &Plan)| plan.spec.is_in(Probe::Startup) && !slot.passed;
        let missing = slots.iter().zip(plans.iter()).filter(is_missing).count();
        Self {
            plans,
            slots,
            due,
            missing,
            running: 0,
            threads: Threads::default(),
            forced: BTreeMap::new(),
            jitter,
            budget,
            awake: Awake::default(),
            heart: Heart::default(),
            lifecycle: Lifecycle::new(manual_start),
            told_readiness: (State::unhealthy(Reason::Starting), false),
            told_stalled: false,
            effects: Effects::default(),
        }
    }

    pub(crate) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Notes that time has passed, and starts what is due in the background; returns whether more is due than one tick
    /// starts.
    pub(crate) fn tick(&mut self, now: Time) -> bool {
        self.pass(now);
        self.effects.beat |= self.heart.sends(self.awake.at(now));
        for _ in 0..SLICE {
            let Some(Reverse((at, index))) = self.due.peek().copied().filter(|Reverse((at, _))| *at <= now) else {
                return false;
            };
            self.due.pop();
            let Refresh::Interval(interval) = self.plans[index].refresh else {
                continue;
            };
            if self.is_over(index) {
                continue;
            }
            if let Some(until) = self.slots[index].circuit.closed_until(now) {
                self.due.push(Reverse((until, index)));
                continue;
            }
            // After a freeze the missed runs are not made up for.
            let base = if now.saturating_sub(at) > interval { now } else { at };
            let next = base + interval.mul_f64(self.jitter.f64().mul_add(0.2, 0.9));
            self.due.push(Reverse((next, index)));
            self.start(index, now);
        }
        true
    }

    /// Notes that time has passed.
    fn pass(&mut self, now: Time) {
        let Some(lost) = self.awake.tick(now) else { return };
        self.effects.changed = true; // a view may blame somebody for what was a freeze
        if lost >= NOTABLE {
            self.effects.events.push(Event::Frozen { lost });
        }
    }

    /// Notes that time has passed in which nothing was frozen.
    pub(crate) fn stay_awake(&mut self, now: Time) {
        self.awake.stay(now);
    }

    /// Watches the runtime from now on, unless it is watched already.
    pub(crate) fn watch(&mut self, limit: Duration, now: Time) {
        self.heart.watch(limit, self.awake.at(now));
    }

    /// The runtime has run a beat.
    pub(crate) fn beat(&mut self, now: Time) {
        self.effects.changed |= self.is_stalled(now);
        self.heart.beat(self.awake.at(now));
    }

    /// Whether a run of any check is in flight.
    pub(crate) fn is_busy(&self) -> bool {
        self.running > 0
    }

    /// Marks a run as started, if one may.
    fn start(&mut self, index: usize, now: Time) {
        if !self.may_start(index, now) {
            return;
        }
        let slot = &mut self.slots[index];
        slot.runs += 1;
        slot.running = Some(Running {
            since: now,
            began: None,
            abort: None,
        });
        self.running += 1;
        let run = (index, slot.runs);
        let blocking = self.plans[index].spec.blocking;
        let now = if blocking { self.threads.take(run) } else { Some(run) };
        self.effects.start.extend(now);
    }

    /// Starts a run at once, or as soon as the one in flight has ended, which may have looked too early.
    pub(crate) fn request(&mut self, index: usize, now: Time) {
        if self.slots[index].running.is_some() {
            self.slots[index].again = true;
        } else {
            self.start(index, now);
        }
    }

    /// Keeps the means to abort a run, if that run is still in flight.
    pub(crate) fn keep_abort(&mut self, index: usize, run: u64, abort: AbortHandle) {
        let slot = &mut self.slots[index];
        if let Some(running) = &mut slot.running
            && slot.runs == run
        {
            running.abort = Some(abort);
        }
    }

    pub(crate) fn abort_all(&mut self) {
        let running = self.slots.iter_mut().filter_map(|slot| slot.running.as_mut());
        for abort in running.filter_map(|running| running.abort.take()) {
            abort.abort();
        }
    }

    /// The runtime polls the run in flight for the first time: its timeout begins.
    pub(crate) fn began(&mut self, index: usize, now: Time) {
        let awake = self.awake.at(now);
        if let Some(running) = &mut self.slots[index].running {
            running.began.get_or_insert(awake);
        }
    }

    /// Notes how a run ended.
    pub(crate) fn finished(&mut self, index: usize, mut result: RunResult, now: Time) {
        let before = self.state(index, now);
        let took = self.spent(index, now).unwrap_or_default();
        let (slot, plan) = (&mut self.slots[index], &self.plans[index]);
        let Some(running) = slot.running.take() else { return };
        self.running -= 1;
        if plan.spec.blocking {
            self.effects.start.extend(self.threads.free());
        }
        if result.state.status == Status::Healthy && plan.spec.degraded_after.is_some_and(|limit| took > limit) {
            result.turn_slow(took);
        }
        slot.verify(&mut result.state, plan.max_age, now);
        if let Some(forced) = self.forced.get(&index) {
            result = forced.clone();
        }
        let state = result.state;
        slot.hangs = now.saturating_sub(running.since) > self.budget || state.reason == Some(Reason::Timeout);
        let first = before.reason.is_some_and(Reason::forgets_runs);
        slot.published.take(state, first, &plan.spec);
        if let Some(breaker) = plan.spec.breaker {
            slot.circuit.take(state.passes(), breaker, now);
        }
        let told = slot.told;
        let passes_first = slot.passes_first(state);
        slot.last = Some(Finished { at: now, took, result });
        self.tell(index, now);
        // A result that says what the last one said leaves the view as it is: its latency can wait for the next view.
        // A probe may have waited for that of an on-demand check.
        self.effects.changed |= self.slots[index].told != told || self.plans[index].ttl().is_some();
        if passes_first {
            self.passed_first(index, now);
        }
        if std::mem::take(&mut self.slots[index].again) {
            self.request(index, now);
        }
    }

    /// Notes that the check has passed for the first time: all that starting waits for.
    fn passed_first(&mut self, index: usize, now: Time) {
        if self.plans[index].spec.is_in(Probe::Startup) {
            self.missing -= 1;
            self.settle(now);
        }
    }

    /// A probe is here: starts what it finds expired.
    pub(crate) fn demand(&mut self, probe: Probe, now: Time) {
        for index in 0..self.slots.len() {
            if self.concerns(index, probe) && self.is_expired(index, now) {
                self.start(index, now);
            }
        }
    }

    /// Latches the end of starting if nothing is missing for it.
    fn settle(&mut self, now: Time) {
        if self.lifecycle.try_start(self.missing == 0) {
            self.effects.events.push(Event::Started { after: now });
        }
        self.effects.changed = true;
    }

    /// A router exists: whatever starting waits for has been declared.
    pub(crate) fn arm(&mut self, now: Time) {
        self.lifecycle.arm();
        self.settle(now);
    }

    pub(crate) fn mark_started(&mut self, now: Time) {
        self.lifecycle.mark_started();
        self.settle(now);
    }

    /// Adds a task that starting waits for; `false` if the service has started.
    pub(crate) fn open_task(&mut self) -> bool {
        self.lifecycle.open_task()
    }

    pub(crate) fn close_task(&mut self, done: bool, now: Time) {
        self.lifecycle.close_task(done);
        self.settle(now);
    }

    /// Queues an event of which the core itself knows nothing.
    pub(crate) fn say(&mut self, event: Event) {
        self.effects.events.push(event);
    }

    pub(crate) fn hold(&mut self) {
        self.lifecycle.hold();
        self.effects.changed = true;
    }

    pub(crate) fn release(&mut self) {
        self.lifecycle.release();
        self.effects.changed = true;
    }

    /// Begins to drain, for good; a second time changes nothing.
    pub(crate) fn drain(&mut self, drain: Duration, now: Time) {
        if self.lifecycle.drain() {
            self.lifecycle.close_at = Some(now + drain);
            self.effects.events.push(Event::Draining { drain });
            self.effects.changed = true;
        }
    }
}

impl State {
    const DISABLED: Self = Self {
        status: Status::Healthy,
        reason: Some(Reason::Disabled),
    };
}

#[cfg(test)]
mod tests;
