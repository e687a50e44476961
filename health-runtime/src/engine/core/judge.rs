//! The state of a check at a moment, and when that state may change by itself.

use std::time::Duration;

use crate::engine::core::Core;
use crate::engine::{State, Time};
use crate::outcome::{Reason, Status};

/// A run is dropped at its timeout. If it is still in flight this long after its timeout, it is stuck.
pub(crate) const STUCK_AFTER: Duration = Duration::from_millis(250);

impl Core {
    /// The check's state at `now`.
    pub(crate) fn state(&self, index: usize, now: Time) -> State {
        let mut state = self.unwaived(index, now);
        if self.lets_pass(index, state) {
            state.status = state.status.min(Status::Degraded);
        }
        state
    }

    /// Whether a probe passes with this state of the check: because it passes itself, or because `fail_open` lowers it.
    fn lets_pass(&self, index: usize, state: State) -> bool {
        let may_waive = self.plans[index].spec.fail_open && self.slots[index].published.has_passed();
        state.passes() || may_waive && state.reason.is_some_and(Reason::is_waivable)
    }

    /// The check's state before `fail_open` lowers it.
    pub(super) fn unwaived(&self, index: usize, now: Time) -> State {
        let state = match self.forced.get(&index) {
            Some(forced) => forced.state,
            None if self.slots[index].disabled => return State::DISABLED,
            // A startup check that has ended: it has passed once, and never runs again.
            None if self.is_over(index) => return State::HEALTHY,
            None => self.judged(index, now),
        };
        if state.reason.is_some_and(Reason::is_of_a_stall) && self.is_stalled(now) {
            return State::unhealthy(Reason::Stalled); // nothing runs, so no check is the cause
        }
        state
    }

    /// The state from the runs and the breaker. The first match counts, in the order of `docs/states.md`.
    fn judged(&self, index: usize, now: Time) -> State {
        let (slot, plan) = (&self.slots[index], &self.plans[index]);
        if self.is_stuck(index, now) {
            return State::unhealthy(Reason::Stuck);
        }
        if slot.breaker.is_open() {
            return State::unhealthy(Reason::BreakerOpen);
        }
        match (&slot.last, slot.published.state()) {
            // Age never improves a state: an old failure counts until a newer run replaces it. A failure that
            // `fail_open` lowers passes, so it becomes stale like an old success.
            (Some(last), Some(published))
                if self.lets_pass(index, published) && now.saturating_sub(last.at) > plan.max_age =>
            {
                State::unhealthy(Reason::Stale)
            }
            (Some(_), Some(published)) => published,
            _ => State::unhealthy(Reason::Pending),
        }
    }

    /// The next moment at which the check's state may change even if nothing happens.
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

    /// Whether the run in flight is stuck: it should have been dropped by now.
    pub(super) fn is_stuck(&self, index: usize, now: Time) -> bool {
        let limit = self.plans[index].timeout + STUCK_AFTER;
        self.spent(index, now).is_some_and(|spent| spent >= limit)
    }

    /// How long the run in flight has been running, in awake time from its first poll.
    pub(super) fn spent(&self, index: usize, now: Time) -> Option<Duration> {
        let began = self.slots[index].running.as_ref()?.began?;
        Some(self.awake.spent(began, now))
    }

    /// How much of its timeout the run in flight has left, in awake time. `None` if nothing is left or no run is in
    /// flight.
    pub(crate) fn time_left(&self, index: usize, now: Time) -> Option<Duration> {
        self.slots[index].running.as_ref()?;
        let spent = self.spent(index, now).unwrap_or_default();
        let left = self.plans[index].timeout.checked_sub(spent);
        left.filter(|left| !left.is_zero())
    }

    /// Whether a run may start now.
    pub(super) fn may_start(&self, index: usize, now: Time) -> bool {
        let slot = &self.slots[index];
        let may_be_called = slot.breaker.open_until(now).is_none();
        !slot.disabled && slot.running.is_none() && may_be_called && !self.is_over(index) && !self.ended
    }

    /// Whether the check has ended because the service has started.
    pub(super) fn is_over(&self, index: usize) -> bool {
        self.lifecycle.is_started() && self.plans[index].is_startup_only()
    }

    /// Whether the runtime no longer runs new tasks.
    pub(super) fn is_stalled(&self, now: Time) -> bool {
        self.stall_watch.is_stalled(self.awake.at(now))
    }
}

impl Reason {
    /// Whether a stalled runtime causes this reason, sooner or later for every check.
    fn is_of_a_stall(self) -> bool {
        matches!(self, Self::Stuck | Self::Pending | Self::Stale)
    }

    /// Whether `fail_open` lowers a failure with this reason. It lowers observed failures, and never an unknown state.
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
                | Self::ReadOnly
        )
    }

    /// Whether the next result after this reason counts as a first result, so that no threshold holds it back.
    pub(super) fn forgets_runs(self) -> bool {
        matches!(
            self,
            Self::Pending | Self::Stuck | Self::Stale | Self::BreakerOpen | Self::Stalled
        )
    }
}
