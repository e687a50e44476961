//! How a check is at a moment, when that may change by itself, and what a probe has to do about it.

use std::time::Duration;

use super::super::{State, Time};
use super::Core;
use crate::outcome::{Reason, Status};
use crate::spec::Probe;

/// How much longer than its timeout a run may take to be dropped before it counts as stuck.
const STUCK_AFTER: Duration = Duration::from_millis(250);

impl Core {
    /// The check's state at `now`.
    pub(crate) fn state(&self, index: usize, now: Time) -> State {
        let (slot, spec) = (&self.slots[index], &self.plans[index].spec);
        let mut state = match self.forced.get(&index) {
            Some(forced) => forced.state,
            None if slot.disabled => return State::DISABLED,
            // It has passed once, which is all that was asked, and never runs again.
            None if self.is_over(index) => return State::HEALTHY,
            None => self.judged(index, now),
        };
        if state.reason.is_some_and(Reason::is_of_a_stall) && self.is_stalled(now) {
            state = State::unhealthy(Reason::Stalled); // nothing runs, so no check is to blame
        }
        if spec.fail_open && slot.published.has_passed() && state.reason.is_some_and(Reason::is_waivable) {
            state.status = state.status.min(Status::Degraded);
        }
        state
    }

    /// The first that matches, in the order of the design.
    fn judged(&self, index: usize, now: Time) -> State {
        let (slot, plan) = (&self.slots[index], &self.plans[index]);
        let limit = plan.timeout + STUCK_AFTER;
        if self.spent(index, now).is_some_and(|spent| spent >= limit) {
            return State::unhealthy(Reason::Stuck);
        }
        if slot.circuit.is_open() {
            return State::unhealthy(Reason::BreakerOpen);
        }
        match (&slot.last, slot.published.state()) {
            (Some(last), Some(_)) if now.saturating_sub(last.at) > plan.max_age => State::unhealthy(Reason::Stale),
            (Some(_), Some(published)) => published,
            _ => State::unhealthy(Reason::Pending),
        }
    }

    /// When the check's state may change without anything happening.
    pub(super) fn changes_at(&self, index: usize, now: Time) -> Time {
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

    /// How long the run in flight has been running, in time in which it could.
    pub(super) fn spent(&self, index: usize, now: Time) -> Option<Duration> {
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

    /// The check that a probe still waits for, and until when: a critical one, and only for a result that is newer than
    /// the probe, however short its `ttl`. What stands before `from` has been waited for already.
    pub(crate) fn awaited(&self, probe: Probe, arrived: Time, from: usize, now: Time) -> Option<(usize, Time)> {
        // What is failed by the phase or by a stall, no check can mend in time.
        if probe == Probe::Liveness || self.lifecycle.blocks(probe) || self.is_stalled(now) {
            return None;
        }
        (from..self.slots.len())
            .filter(|index| self.concerns(*index, probe) && self.gates(*index, probe))
            .filter(|index| self.slots[*index].last.as_ref().is_none_or(|last| last.at < arrived))
            .find_map(|index| Some((index, self.awaited_until(index, now)?)))
    }

    /// Whether this probe is the one that keeps the check fresh. While the service starts, readiness cannot pass
    /// without the startup checks, so it asks for them too.
    pub(super) fn concerns(&self, index: usize, probe: Probe) -> bool {
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
    pub(super) fn is_expired(&self, index: usize, now: Time) -> bool {
        let slot = &self.slots[index];
        let Some(ttl) = self.plans[index].ttl() else {
            return false;
        };
        self.may_start(index, now) && slot.last.as_ref().is_none_or(|last| now.saturating_sub(last.at) > ttl)
    }

    /// Until when a probe waits for the run in flight: only if it is to replace nothing or an expired result, and
    /// neither is known to hang nor a trial that a probe cannot pass with.
    fn awaited_until(&self, index: usize, now: Time) -> Option<Time> {
        let slot = &self.slots[index];
        let running = slot.running.as_ref()?;
        let replaces_a_valid_one = slot.last.is_some() && self.plans[index].ttl().is_none();
        let until = running.since + self.budget;
        (!replaces_a_valid_one && !slot.hangs && !slot.circuit.is_open() && until > now).then_some(until)
    }

    /// From when on a probe that the check concerns has to look for itself: to run it, or to wait for it. In the past if
    /// each has to.
    pub(super) fn asked_for_at(&self, index: usize, now: Time) -> Time {
        let slot = &self.slots[index];
        if self.is_expired(index, now) || self.awaited_until(index, now).is_some() {
            return Time::ZERO;
        }
        match (self.plans[index].ttl(), &slot.last) {
            (Some(ttl), Some(last)) if slot.running.is_none() && !self.is_over(index) => {
                let expires = last.at + ttl;
                slot.circuit
                    .closed_until(now)
                    .map_or(expires, |until| until.max(expires))
            }
            _ => Time::MAX,
        }
    }

    /// Whether a run may start now.
    pub(super) fn may_start(&self, index: usize, now: Time) -> bool {
        let slot = &self.slots[index];
        let may_be_called = slot.circuit.closed_until(now).is_none();
        !slot.disabled && slot.running.is_none() && may_be_called && !self.is_over(index)
    }

    /// Whether the check has ended with the start.
    pub(super) fn is_over(&self, index: usize) -> bool {
        self.lifecycle.started && self.plans[index].is_startup_only()
    }

    /// Whether the runtime runs nothing any more.
    pub(super) fn is_stalled(&self, now: Time) -> bool {
        self.heart.is_stalled(self.awake.at(now))
    }
}

impl Reason {
    /// What a runtime that runs nothing makes of every check, in time.
    fn is_of_a_stall(self) -> bool {
        matches!(self, Self::Stuck | Self::Pending | Self::Stale)
    }

    /// What `fail_open` lets pass: failures that somebody has seen. Not knowing is not waived.
    pub(super) fn is_waivable(self) -> bool {
        matches!(
            self,
            Self::Error | Self::Timeout | Self::Panic | Self::Stuck | Self::BreakerOpen | Self::Exhausted
        )
    }

    /// What thresholds do not count: the result that follows is as a first one.
    pub(super) fn forgets_runs(self) -> bool {
        matches!(
            self,
            Self::Pending | Self::Stuck | Self::Stale | Self::BreakerOpen | Self::Stalled
        )
    }
}
