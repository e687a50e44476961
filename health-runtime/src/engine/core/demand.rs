//! What a probe starts and waits for.

use std::ops::Range;

use crate::engine::core::Core;
use crate::engine::watchers::ASKS;
use crate::engine::{Time, WHOLE};
use crate::outcome::Reason;
use crate::spec::Probe;

impl Core {
    /// Starts the checks that a probe asks about and that have expired.
    pub(crate) fn demand(&mut self, probe: Probe, among: &[Range<usize>], now: Time) {
        let asked = self.awaitable(among, 0).filter(|index| self.concerns(*index, probe));
        let expired: Vec<_> = asked.filter(|index| self.is_expired(*index, now)).collect();
        for index in expired {
            self.start(index, now);
        }
    }

    /// Starts all checks that have expired, for the watchers. Does so at most once in [`ASKS`]. Returns whether it has.
    pub(crate) fn ask_again(&mut self, now: Time) -> bool {
        let is_time = now >= self.asks_at;
        if is_time {
            self.asks_at = now + ASKS;
            self.demand(Probe::Health, WHOLE, now);
        }
        is_time
    }

    /// The first of these checks that a probe still waits for, and until when. A result from after the arrival of the
    /// probe is enough, even if its `ttl` has passed. Checks before `from` are skipped.
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

    /// Whether the probe may wait for checks. It does not wait if its answer does not depend on them, because of the
    /// phase or a stall. The liveness probe never waits.
    fn may_wait(&self, probe: Probe, now: Time) -> bool {
        probe != Probe::Liveness && !self.lifecycle.blocks(probe) && !self.is_stalled(now)
    }

    /// The checks among these that a probe may have to start or wait for, in order. Checks before `from` are skipped.
    pub(super) fn awaitable(&self, among: &[Range<usize>], from: usize) -> impl Iterator<Item = usize> {
        let ranges = among.iter().filter(move |range| range.end > from);
        let starts = ranges.map(move |range| range.start.max(from)..range.end);
        starts.flat_map(|range| self.awaitable.range(range)).copied()
    }

    /// Whether this probe starts the check and may wait for it. While the service starts, readiness cannot pass without
    /// the startup checks, so it also starts them.
    pub(super) fn concerns(&self, index: usize, probe: Probe) -> bool {
        let spec = &self.plans[index].spec;
        spec.is_in(probe) || probe == Probe::Readiness && !self.lifecycle.is_started() && spec.is_in(Probe::Startup)
    }

    /// Whether the probe requires a result of the check, and so waits for it. While the service starts, startup
    /// checks are required for every probe. Critical checks are required for every probe except startup.
    fn is_required(&self, index: usize, probe: Probe) -> bool {
        let spec = &self.plans[index].spec;
        let starting = !self.lifecycle.is_started() && spec.is_in(Probe::Startup);
        starting || spec.critical && probe != Probe::Startup
    }

    /// Whether the check is on-demand, and has to run again before its result may be used.
    pub(super) fn is_expired(&self, index: usize, now: Time) -> bool {
        let slot = &self.slots[index];
        let Some(ttl) = self.plans[index].ttl() else {
            return false;
        };
        self.may_start(index, now) && slot.last.as_ref().is_none_or(|last| now.saturating_sub(last.at) > ttl)
    }

    /// Until when a probe that may wait waits for the run in flight; `None` if it does not wait. It does not wait if
    /// the last run took too long (see [`Slot::is_slow`](super::slot::Slot::is_slow)). It does not wait for a trial
    /// either, because the check stays `breaker_open` until enough trials in a row have passed. The budget is measured
    /// in awake time, so that a freeze does not use it up.
    fn awaited_until(&self, index: usize, probe: Probe, now: Time) -> Option<Time> {
        let slot = &self.slots[index];
        let running = slot.running.as_ref()?;
        let waited = self.awake.at(now).saturating_sub(running.since);
        let left = self.budget.saturating_sub(waited);
        let may_help = !slot.is_slow && !slot.breaker.is_open() && !left.is_zero();
        (may_help && self.needs_result(index, probe, now)).then(|| now + left)
    }

    /// Whether the probe needs a new result of the check. A check with an interval: if the probe requires it and has no
    /// result yet. A check with a `ttl`: if the probe requires it, or is `pending` or `stale` now.
    fn needs_result(&self, index: usize, probe: Probe, now: Time) -> bool {
        if self.plans[index].ttl().is_none() {
            return self.slots[index].last.is_none() && self.is_required(index, probe);
        }
        let is_unknown = |reason| matches!(reason, Reason::Pending | Reason::Stale);
        self.is_required(index, probe) || self.state(index, now).reason.is_some_and(is_unknown)
    }

    /// The time from which the probe has to look at the core: to start an on-demand check, or to wait for a run. A time
    /// in the past means now.
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

    /// Like [`asked_for`](Self::asked_for), for one check. `waits` is whether the probe may wait at all.
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
                slot.breaker.open_until(now).map_or(expires, |until| until.max(expires))
            }
            _ => Time::MAX,
        }
    }

    /// Notes that a run of the check has started or ended, so that probes look at the core when they have to.
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
}
