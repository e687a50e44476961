//! How a check is at a moment, when that may change by itself, and what a probe has to do about it.

use std::ops::Range;
use std::time::Duration;

use crate::engine::core::Core;
use crate::engine::{State, Time};
use crate::outcome::{Reason, Status};
use crate::spec::Probe;

/// How much longer than its timeout a run may take to be dropped before it counts as stuck.
const STUCK_AFTER: Duration = Duration::from_millis(250);

impl Core {
    /// The check's state at `now`.
    pub(crate) fn state(&self, index: usize, now: Time) -> State {
        let mut state = self.unwaived(index, now);
        if self.lets_pass(index, state) {
            state.status = state.status.min(Status::Degraded);
        }
        state
    }

    /// Whether a probe passes with this state of the check: as it is, or since `fail_open` lowers it.
    fn lets_pass(&self, index: usize, state: State) -> bool {
        let may_waive = self.plans[index].spec.fail_open && self.slots[index].published.has_passed();
        state.passes() || may_waive && state.reason.is_some_and(Reason::is_waivable)
    }

    /// The check's state before `fail_open` lowers it.
    pub(super) fn unwaived(&self, index: usize, now: Time) -> State {
        let state = match self.forced.get(&index) {
            Some(forced) => forced.state,
            None if self.slots[index].disabled => return State::DISABLED,
            // It has passed once, which is all that was asked, and never runs again.
            None if self.is_over(index) => return State::HEALTHY,
            None => self.judged(index, now),
        };
        if state.reason.is_some_and(Reason::is_of_a_stall) && self.is_stalled(now) {
            return State::unhealthy(Reason::Stalled); // nothing runs, so no check is to blame
        }
        state
    }

    /// The first that matches, in the order of the design.
    fn judged(&self, index: usize, now: Time) -> State {
        let (slot, plan) = (&self.slots[index], &self.plans[index]);
        if self.is_stuck(index, now) {
            return State::unhealthy(Reason::Stuck);
        }
        if slot.circuit.is_open() {
            return State::unhealthy(Reason::BreakerOpen);
        }
        match (&slot.last, slot.published.state()) {
            // Age never improves a state: an old failure counts until a newer run replaces it. A failure that `fail_open`
            // lowers passes, so an old one becomes stale as an old success does.
            (Some(last), Some(published))
                if self.lets_pass(index, published) && now.saturating_sub(last.at) > plan.max_age =>
            {
                State::unhealthy(Reason::Stale)
            }
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

    /// Whether the run in flight should have been dropped by now.
    pub(super) fn is_stuck(&self, index: usize, now: Time) -> bool {
        let limit = self.plans[index].timeout + STUCK_AFTER;
        self.spent(index, now).is_some_and(|spent| spent >= limit)
    }

    /// How long the run in flight has been running, in time in which it could.
    pub(super) fn spent(&self, index: usize, now: Time) -> Option<Duration> {
        let began = self.slots[index].running.as_ref()?.began?;
        Some(self.awake.spent(began, now))
    }

    /// How much of its timeout the run in flight has left, in time in which it could run; `None` if nothing.
    pub(crate) fn time_left(&self, index: usize, now: Time) -> Option<Duration> {
        self.slots[index].running.as_ref()?;
        let spent = self.spent(index, now).unwrap_or_default();
        let left = self.plans[index].timeout.checked_sub(spent);
        left.filter(|left| !left.is_zero())
    }

    /// The first of these checks that a probe still waits for, and until when. A result that is newer than the probe is
    /// enough, even if its `ttl` has passed. The checks before `from` are not looked at again.
    pub(crate) fn awaited(
        &self,
        probe: Probe,
        among: &[Range<usize>],
        arrived: Time,
        from: usize,
        now: Time,
    ) -> Option<(usize, Time)> {
        if !self.may_wait(probe, now) {
            return None;
        }
        self.awaitable(among, from)
            .filter(|index| self.concerns(*index, probe))
            .filter(|index| self.slots[*index].last.as_ref().is_none_or(|last| last.at < arrived))
            .find_map(|index| Some((index, self.awaited_until(index, probe, now)?)))
    }

    /// Whether the probe waits for any check. It does not if the phase or a stall fails it in any case.
    fn may_wait(&self, probe: Probe, now: Time) -> bool {
        probe != Probe::Liveness && !self.lifecycle.blocks(probe) && !self.is_stalled(now)
    }

    /// The checks among these that a probe may have to start or to wait for, in order.
    pub(super) fn awaitable(&self, among: &[Range<usize>], from: usize) -> impl Iterator<Item = usize> {
        let ranges = among.iter().filter(move |range| range.end > from);
        let starts = ranges.map(move |range| range.start.max(from)..range.end);
        starts.flat_map(|range| self.awaitable.range(range)).copied()
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

    /// Until when a probe that may wait waits for the run in flight, if it does. It does not wait if the last run hung, or
    /// for the trial of an open breaker, with which it cannot pass. A freeze of the process uses up none of the budget.
    fn awaited_until(&self, index: usize, probe: Probe, now: Time) -> Option<Time> {
        let slot = &self.slots[index];
        let running = slot.running.as_ref()?;
        let waited = self.awake.at(now).saturating_sub(running.since);
        let left = self.budget.saturating_sub(waited);
        let may_help = !slot.hangs && !slot.circuit.is_open() && !left.is_zero();
        (may_help && self.needs_result(index, probe, now)).then(|| now + left)
    }

    /// Whether the probe needs a new result of the check: the check gates the probe, and has a `ttl` or no result yet; or it
    /// has a `ttl`, and would be reported as `pending` or `stale`.
    fn needs_result(&self, index: usize, probe: Probe, now: Time) -> bool {
        if self.plans[index].ttl().is_none() {
            return self.slots[index].last.is_none() && self.gates(index, probe);
        }
        let is_unknown = |reason| matches!(reason, Reason::Pending | Reason::Stale);
        self.gates(index, probe) || self.state(index, now).reason.is_some_and(is_unknown)
    }

    /// From this time on the probe has to look at the core: to start an on-demand check, or to wait for a run. A time in
    /// the past means now.
    pub(crate) fn asked_for(&self, probe: Probe, now: Time) -> Time {
        let waits = self.may_wait(probe, now);
        let mut first = Time::MAX;
        for index in &self.awaitable {
            if first == Time::ZERO {
                break;
            }
            first = first.min(self.asked_for_at(*index, probe, waits, now));
        }
        first
    }

    /// As [`asked_for`](Self::asked_for), for one check; `waits` says whether the probe may wait at all.
    fn asked_for_at(&self, index: usize, probe: Probe, waits: bool, now: Time) -> Time {
        let slot = &self.slots[index];
        if !self.concerns(index, probe) {
            return Time::MAX;
        }
        if slot.running.is_some() {
            let is_awaited = waits && self.awaited_until(index, probe, now).is_some();
            return if is_awaited { Time::ZERO } else { Time::MAX };
        }
        match (self.plans[index].ttl(), &slot.last) {
            _ if self.is_expired(index, now) => Time::ZERO,
            (Some(ttl), Some(last)) if !self.is_over(index) => {
                let expires = last.at + ttl;
                slot.circuit
                    .closed_until(now)
                    .map_or(expires, |until| until.max(expires))
            }
            _ => Time::MAX,
        }
    }

    /// Notes that a run of the check has started or ended: probes may have to look at the core from then on.
    pub(super) fn note_asked(&mut self, index: usize, now: Time) {
        if !self.awaitable.contains(&index) {
            return;
        }
        for probe in Probe::ALL {
            let waits = self.may_wait(probe, now);
            let asked_for = self.asked_for_at(index, probe, waits, now);
            if asked_for < Time::MAX {
                let first = &mut self.effects.asked_for[probe as usize];
                *first = Some(first.map_or(asked_for, |first| first.min(asked_for)));
            }
        }
    }

    /// Whether a run may start now.
    pub(super) fn may_start(&self, index: usize, now: Time) -> bool {
        let slot = &self.slots[index];
        let may_be_called = slot.circuit.closed_until(now).is_none();
        !slot.disabled && slot.running.is_none() && may_be_called && !self.is_over(index) && !self.ended
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
            Self::Error
                | Self::Reported
                | Self::Timeout
                | Self::Panic
                | Self::Stuck
                | Self::BreakerOpen
                | Self::Exhausted
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
