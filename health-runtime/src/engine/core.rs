//! Every state as a pure function of what happened and of now.
//!
//! The core does no I/O, reads no clock and calls no user code. Whoever calls it holds the engine's lock, and carries
//! out its [`Effects`] after the lock is released.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::AbortHandle;

use super::awake::Awake;
use super::phase::Lifecycle;
use super::plan::Plan;
use super::view::{Row, View};
use super::{Event, RunResult, State, Time};
use crate::outcome::{Reason, Status};
use crate::spec::{Probe, Refresh};

/// How much longer than its timeout a run may take to be dropped before it counts as stuck.
const STUCK_AFTER: Duration = Duration::from_millis(250);

/// A freeze that is worth a word in the log; less is a busy machine.
const NOTABLE: Duration = Duration::from_secs(1);

/// How long a view is used at most, so that the latencies in it are of now.
const VIEW_MAX_AGE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Core {
    plans: Arc<[Plan]>,
    slots: Vec<Slot>,
    due: BinaryHeap<Reverse<(Time, usize)>>,
    /// The startup checks that have not passed yet: a number, so that a result costs the same however many there are.
    missing: usize,
    jitter: Rng,
    budget: Duration,
    awake: Awake,
    pub(super) lifecycle: Lifecycle,
    readiness: State,
    effects: Effects,
}

/// What is to be done once the lock is released.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Runs to start: already marked as running.
    pub(crate) start: Vec<(usize, u64)>,
    pub(crate) events: Vec<Event<'static>>,
    /// Something a view shows has changed.
    pub(crate) changed: bool,
}

/// Until when a view holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Until {
    /// Until when its states do.
    states: Time,
    /// Until when this probe may be answered from it: an on-demand check concerns only the probes that it is in.
    probes: [Time; 4],
}

impl Until {
    /// For whom only looks.
    pub(crate) fn states(&self) -> Time {
        self.states
    }

    pub(crate) fn probe(&self, probe: Probe) -> Time {
        self.states.min(self.probes[probe as usize])
    }
}

#[derive(Debug)]
struct Slot {
    disabled: bool,
    running: Option<Running>,
    last: Option<Finished>,
    runs: u64,
    passed: bool,
    /// The last run outlasted the probe budget: no probe waits for the next one.
    hangs: bool,
    /// A run was asked for while one was in flight.
    again: bool,
    /// The state of which the world has been told.
    told: State,
}

#[derive(Debug)]
struct Running {
    since: Time,
    /// Awake time when the runtime first polled it. Before, it is neither late nor stuck: the runtime is busy elsewhere.
    began: Option<Duration>,
    abort: Option<AbortHandle>,
}

#[derive(Debug)]
struct Finished {
    at: Time,
    took: Duration,
    result: RunResult,
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
        let pending = State::unhealthy(Reason::Pending);
        let slots: Vec<_> = disabled
            .into_iter()
            .map(|disabled| Slot {
                disabled,
                running: None,
                last: None,
                runs: 0,
                passed: disabled,
                hangs: false,
                again: false,
                told: if disabled { State::DISABLED } else { pending },
            })
            .collect();
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
            jitter,
            budget,
            awake: Awake::default(),
            lifecycle: Lifecycle::new(manual_start),
            readiness: State::unhealthy(Reason::Starting),
            effects: Effects::default(),
        }
    }

    pub(crate) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Notes that time has passed, and starts what is due in the background.
    pub(crate) fn tick(&mut self, now: Time) {
        if let Some(lost) = self.awake.tick(now).filter(|lost| *lost >= NOTABLE) {
            self.effects.events.push(Event::Frozen { lost });
        }
        while let Some(Reverse((at, index))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            let Refresh::Interval(interval) = self.plans[index].refresh else {
                continue;
            };
            if self.is_over(index) {
                continue;
            }
            // After a freeze the missed runs are not made up for.
            let base = if now.saturating_sub(at) > interval { now } else { at };
            let next = base + interval.mul_f64(self.jitter.f64().mul_add(0.2, 0.9));
            self.due.push(Reverse((next, index)));
            self.start(index, now);
        }
    }

    /// Whether a run of any check is in flight.
    pub(crate) fn is_busy(&self) -> bool {
        self.slots.iter().any(|slot| slot.running.is_some())
    }

    /// Marks a run as started, unless one is in flight.
    fn start(&mut self, index: usize, now: Time) {
        let slot = &mut self.slots[index];
        if slot.running.is_some() || slot.disabled {
            return;
        }
        slot.runs += 1;
        slot.running = Some(Running {
            since: now,
            began: None,
            abort: None,
        });
        self.effects.start.push((index, slot.runs));
    }

    /// Starts a run at once, or as soon as the one in flight has ended, which may have looked too early.
    pub(crate) fn request(&mut self, index: usize, now: Time) {
        if self.slots[index].running.is_some() {
            self.slots[index].again = true;
        } else if !self.is_over(index) {
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

    /// How long the run in flight has been running, in time in which it could.
    fn spent(&self, index: usize, now: Time) -> Option<Duration> {
        let began = self.slots[index].running.as_ref()?.began?;
        Some(self.awake.at(now).saturating_sub(began))
    }

    /// How much of its timeout the run in flight has left, in time in which it could run; `None` if nothing.
    pub(crate) fn time_left(&self, index: usize, now: Time) -> Option<Duration> {
        self.slots[index].running.as_ref()?;
        let spent = self.spent(index, now).unwrap_or_default();
        let left = self.plans[index].timeout.checked_sub(spent);
        left.filter(|left| !left.is_zero())
    }

    /// Notes how a run ended.
    pub(crate) fn finished(&mut self, index: usize, result: RunResult, now: Time) {
        let slot = &mut self.slots[index];
        let Some(running) = slot.running.take() else { return };
        let took = now.saturating_sub(running.since);
        slot.hangs = took > self.budget || result.state.reason == Some(Reason::Timeout);
        let told = slot.told;
        let passes_first = result.state.status.passes() && !std::mem::replace(&mut slot.passed, true);
        slot.last = Some(Finished { at: now, took, result });
        self.tell(index, now);
        // A result that says what the last one said leaves the view as it is: its latency can wait for the next view.
        // A probe may have waited for that of an on-demand check.
        self.effects.changed |= self.slots[index].told != told || self.plans[index].ttl().is_some();
        if passes_first && self.plans[index].spec.is_in(Probe::Startup) {
            self.missing -= 1;
            self.settle(now);
        }
        if std::mem::take(&mut self.slots[index].again) {
            self.request(index, now);
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

    /// The check that a probe still waits for, and until when: a critical one, and only for a result that is newer than
    /// the probe, however short its `ttl`. What stands before `from` has been waited for already.
    pub(crate) fn awaited(&self, probe: Probe, arrived: Time, from: usize, now: Time) -> Option<(usize, Time)> {
        // What is failed by the phase alone, no check can mend in time.
        if probe == Probe::Liveness || self.lifecycle.blocks(probe) {
            return None;
        }
        (from..self.slots.len())
            .filter(|index| self.concerns(*index, probe) && self.gates(*index, probe))
            .filter(|index| self.slots[*index].last.as_ref().is_none_or(|last| last.at < arrived))
            .find_map(|index| Some((index, self.awaited_until(index, now)?)))
    }

    /// Whether this probe is the one that keeps the check fresh. While the service starts, readiness cannot pass
    /// without the startup checks, so it asks for them too.
    fn concerns(&self, index: usize, probe: Probe) -> bool {
        let spec = &self.plans[index].spec;
        spec.is_in(probe) || probe == Probe::Readiness && !self.lifecycle.started && spec.is_in(Probe::Startup)
    }

    /// Whether a failure of the check fails the probe.
    fn gates(&self, index: usize, probe: Probe) -> bool {
        let spec = &self.plans[index].spec;
        let starting = !self.lifecycle.started && spec.is_in(Probe::Startup);
        starting || spec.critical && probe != Probe::Startup
    }

    /// Whether an on-demand check has to run again before its result may be used.
    fn is_expired(&self, index: usize, now: Time) -> bool {
        let slot = &self.slots[index];
        let Some(ttl) = self.plans[index].ttl() else {
            return false;
        };
        !slot.disabled
            && slot.running.is_none()
            && !self.is_over(index)
            && slot.last.as_ref().is_none_or(|last| now.saturating_sub(last.at) > ttl)
    }

    /// Until when a probe waits for the run in flight: only if it is to replace nothing or an expired result, and
    /// is not known to hang.
    fn awaited_until(&self, index: usize, now: Time) -> Option<Time> {
        let slot = &self.slots[index];
        let running = slot.running.as_ref()?;
        let replaces_a_valid_one = slot.last.is_some() && self.plans[index].ttl().is_none();
        let until = running.since + self.budget;
        (!replaces_a_valid_one && !slot.hangs && until > now).then_some(until)
    }

    /// Whether the check has ended with the start.
    fn is_over(&self, index: usize) -> bool {
        self.lifecycle.started && self.plans[index].is_startup_only()
    }

    /// The check's state at `now`: the first that matches, in the order of the design.
    pub(crate) fn state(&self, index: usize, now: Time) -> State {
        let (slot, plan) = (&self.slots[index], &self.plans[index]);
        if slot.disabled {
            return State::DISABLED;
        }
        if self.is_over(index) {
            return State::HEALTHY; // it has passed once, which is all that was asked, and never runs again
        }
        if self
            .spent(index, now)
            .is_some_and(|spent| spent >= plan.timeout + STUCK_AFTER)
        {
            return State::unhealthy(Reason::Stuck);
        }
        match &slot.last {
            None => State::unhealthy(Reason::Pending),
            Some(last) if now.saturating_sub(last.at) > plan.max_age => State::unhealthy(Reason::Stale),
            Some(last) => last.result.state,
        }
    }

    /// When the check's state may change without anything happening.
    fn changes_at(&self, index: usize, now: Time) -> Time {
        let (slot, plan) = (&self.slots[index], &self.plans[index]);
        if slot.disabled || self.is_over(index) {
            return Time::MAX;
        }
        let stuck = self.spent(index, now).map(|spent| {
            let left = (plan.timeout + STUCK_AFTER).saturating_sub(spent);
            if left.is_zero() { Time::MAX } else { now + left }
        });
        let stale = slot.last.as_ref().map(|last| last.at + plan.max_age);
        let stale = stale.filter(|stale| *stale >= now);
        stuck.unwrap_or(Time::MAX).min(stale.unwrap_or(Time::MAX))
    }

    /// From when on a probe that the check concerns has to look for itself: to run it, or to wait for it. In the past if
    /// each has to.
    fn asked_for_at(&self, index: usize, now: Time) -> Time {
        let slot = &self.slots[index];
        if self.is_expired(index, now) || self.awaited_until(index, now).is_some() {
            return Time::ZERO;
        }
        match (self.plans[index].ttl(), &slot.last) {
            (Some(ttl), Some(last)) if slot.running.is_none() && !self.is_over(index) => last.at + ttl,
            _ => Time::MAX,
        }
    }

    /// Queues an event if the check's state is not what the world was told.
    fn tell(&mut self, index: usize, now: Time) {
        let state = self.state(index, now);
        let slot = &mut self.slots[index];
        if state != slot.told {
            let from = std::mem::replace(&mut slot.told, state);
            let judged = slot.last.as_ref().filter(|last| last.result.state == state);
            let message = judged.and_then(|last| last.result.message.clone());
            self.effects.events.push(Event::Check {
                index,
                from,
                to: state,
                message,
            });
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

    /// What probes are answered from, and until when.
    pub(crate) fn view(&mut self, now: Time) -> (View, Until) {
        let mut until = Until {
            states: now + VIEW_MAX_AGE,
            probes: [Time::MAX; 4],
        };
        for index in 0..self.slots.len() {
            self.tell(index, now);
            until.states = until.states.min(self.changes_at(index, now));
            let asked_for = self.asked_for_at(index, now);
            if asked_for < until.states {
                for probe in Probe::ALL.into_iter().filter(|probe| self.concerns(index, *probe)) {
                    let until = &mut until.probes[probe as usize];
                    *until = asked_for.min(*until);
                }
            }
        }
        let rows = self.slots.iter().zip(self.plans.iter()).map(|(slot, plan)| Row {
            state: slot.told,
            critical: plan.spec.critical,
            probes: plan.probes(),
            latency: slot.last.as_ref().map(|last| last.took),
            message: slot.last.as_ref().and_then(|last| last.result.message.clone()),
        });
        let view = View::new(
            rows.collect(),
            self.lifecycle.phase(),
            self.lifecycle.gate(),
            self.lifecycle.started,
        );
        let readiness = view.verdict(Probe::Readiness);
        if readiness != self.readiness && !view.is_only_pending() {
            let from = std::mem::replace(&mut self.readiness, readiness);
            self.effects.events.push(Event::Readiness { from, to: readiness });
        }
        (view, until)
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
