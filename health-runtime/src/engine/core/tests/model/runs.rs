//! Which runs may start, and which have to start.

use std::slice::from_ref;

use super::super::{BUDGET, TICK, Time, WHOLE};
use super::bench::{Bench, Verdict, must};
use super::history::{Check, Run};
use crate::outcome::{Reason, Status};
use crate::spec::{Probe, Refresh};

/// What may have started a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cause {
    Time,
    Probe,
    /// A run was requested.
    Wish,
}

impl Bench {
    /// Takes the effects of the core, and checks that each run that starts may start.
    pub(super) fn follow(&mut self, cause: Cause) -> Verdict {
        if !self.history.is_started && self.history.may_start() {
            self.history.is_started = true;
            self.retried();
        }
        let effects = self.sim.core.take_effects();
        self.has_beat |= effects.beat;
        if effects.changed {
            self.view = None;
        }
        for (first, asked_for) in self.asked_for.iter_mut().zip(effects.asked_for) {
            *first = asked_for.map_or(*first, |asked_for| asked_for.min(*first));
        }
        for (index, _) in effects.start {
            let check = &self.history.checks[index];
            must!(check.run == Run::None, "{index} starts while it runs");
            must!(self.may_run(check), "{index} starts while its breaker is open");
            must!(!self.history.is_over(check), "{index} starts, but is over");
            let is_owed = cause == Cause::Time && (self.retries[index] || self.promised[index].is_some());
            let is_right = cause == Cause::Wish || check.plan.ttl().is_some() == (cause == Cause::Probe);
            must!(is_right || is_owed, "{index} starts by {cause:?}");
            if cause == Cause::Time {
                if is_owed {
                    self.paced[index] = None;
                } else {
                    self.paced(index)?;
                }
            }
            let soonest = self.started[index].filter(|_| cause == Cause::Wish).map(|at| at + TICK);
            must!(
                soonest.is_none_or(|soonest| self.sim.now >= soonest),
                "{index} is asked for too often"
            );
            self.history.checks[index].run = Run::Started;
            self.started[index] = Some(self.sim.now);
            let is_promised = self.promised[index].take().is_some();
            self.retries[index] = cause != Cause::Time && (self.retries[index] || is_promised);
            self.since[index] = self.history.awake();
        }
        Ok(())
    }

    /// Notes that the service has started: checks that fail now have to run again.
    fn retried(&mut self) {
        for (index, check) in self.history.checks.iter().enumerate() {
            let has_failed = !check.finished.is_empty() && self.history.state(check).0 == Status::Unhealthy;
            if !has_failed || check.is_disabled {
                continue;
            }
            if check.run == Run::None {
                self.retries[index] = true;
                self.promised[index].get_or_insert(self.sim.now);
            } else {
                self.wished[index] = true;
            }
        }
    }

    /// Asks a probe, and checks what it starts and what it waits for.
    pub(super) fn ask(&mut self, probe: Probe) -> Verdict {
        let now = self.sim.now;
        self.sim.core.demand(probe, WHOLE, now);
        self.follow(Cause::Probe)?;
        for (index, check) in self.history.checks.iter().enumerate() {
            let concerns = check.plan.spec.is_in(probe) && self.may_run(check) && !self.history.is_over(check);
            let ends = check.finished.last().map(|last| last.at);
            let is_expired = |ttl| ends.is_none_or(|at| now > at + ttl);
            let has_to_run = concerns && check.plan.ttl().is_some_and(is_expired);
            must!(
                !has_to_run || check.run != Run::None,
                "{probe} asks for {index}, which does not run"
            );
        }
        for index in 0..self.history.checks.len() {
            let alone = index..index + 1;
            let until = self.sim.core.awaited(probe, from_ref(&alone), now, 0, now);
            let left = BUDGET.saturating_sub(self.history.awake_since(self.since[index]));
            let expected = self.awaits(probe, index).then_some((index, now + left));
            must!(
                until == expected,
                "{probe} waits for {index}: {until:?}, and not {expected:?}"
            );
        }
        Ok(())
    }

    /// Whether the probe waits for this check.
    fn awaits(&self, probe: Probe, index: usize) -> bool {
        let (history, now) = (&self.history, self.sim.now);
        let check = &history.checks[index];
        let spec = &check.plan.spec;
        let is_starting = !history.is_started && spec.is_in(Probe::Startup);
        let concerns = spec.is_in(probe) || probe == Probe::Readiness && is_starting;
        let is_required = is_starting || spec.critical && probe != Probe::Startup;
        let is_unknown = matches!(history.state(check).1, Some(Reason::Pending | Reason::Stale));
        let needs = match check.plan.refresh {
            Refresh::Ttl(_) => is_required || is_unknown,
            Refresh::Interval(_) => is_required && check.finished.is_empty(),
        };
        let in_flight = check.run != Run::None && history.awake_since(self.since[index]) < BUDGET;
        let is_open = check.opened(&check.finished).is_some();
        let has_newer = check.finished.last().is_some_and(|last| last.at >= now);
        !self.is_hopeless(probe)
            && concerns
            && needs
            && in_flight
            && !self.hangs[index]
            && !is_open
            && !has_newer
            && !check.is_disabled
    }

    /// Whether the probe waits for no check: its answer does not depend on them, or it is the liveness probe.
    fn is_hopeless(&self, probe: Probe) -> bool {
        let history = &self.history;
        let by_hand = !history.is_armed || !history.is_marked || history.tasks > 0;
        let blocked = !history.is_started && by_hand;
        history.is_stalled()
            || match probe {
                Probe::Liveness => true,
                Probe::Startup => history.is_started || blocked,
                Probe::Readiness | Probe::Health => history.is_draining || history.holds > 0 || blocked,
            }
    }

    /// Checks that a probe that the view answers has nothing to start and nothing to wait for.
    pub(super) fn needs_no_look(&self, probe: Probe) -> Verdict {
        let now = self.sim.now;
        if now >= self.asked_for[probe as usize] {
            return Ok(());
        }
        for (index, check) in self.history.checks.iter().enumerate() {
            let concerns = check.plan.spec.is_in(probe) && self.may_run(check) && !self.history.is_over(check);
            let ends = check.finished.last().map(|last| last.at);
            let is_expired = |ttl| ends.is_none_or(|at| now > at + ttl);
            let has_to_run = concerns && check.run == Run::None && check.plan.ttl().is_some_and(is_expired);
            must!(!has_to_run, "{probe} does not look for {index}, which has expired");
            must!(!self.awaits(probe, index), "{probe} does not look for {index}");
        }
        Ok(())
    }

    fn may_run(&self, check: &Check) -> bool {
        self.sim.now >= check.opens()
    }

    /// Checks that a requested run has started, or starts later if it may not start yet.
    pub(super) fn granted(&mut self, index: usize) -> Verdict {
        let was_running = self.history.checks[index].run != Run::None;
        self.follow(Cause::Wish)?;
        let check = &self.history.checks[index];
        if !was_running {
            let was_wished = std::mem::take(&mut self.wished[index]);
            let soonest = self.started[index].map_or(Time::ZERO, |at| at + TICK);
            if was_wished && soonest > self.sim.now && check.run == Run::None {
                let promised = self.promised[index].unwrap_or(soonest);
                self.promised[index] = Some(promised.min(soonest));
                return Ok(());
            }
            let should_run = was_wished && self.may_run(check) && !self.history.is_over(check);
            must!(
                should_run == (check.run != Run::None),
                "{index} was asked for: {was_wished}, and is {:?}",
                check.run
            );
        }
        Ok(())
    }

    /// Notes that a check has started by its interval, and checks that it is not too soon. This also holds for a trial.
    fn paced(&mut self, index: usize) -> Verdict {
        let Refresh::Interval(interval) = self.history.checks[index].plan.refresh else {
            return Ok(());
        };
        let earliest = self.paced[index].map(|at| at + interval.mul_f64(0.9));
        must!(
            earliest.is_none_or(|earliest| self.sim.now + TICK >= earliest),
            "{index} starts too soon"
        );
        self.paced[index] = Some(self.sim.now);
        Ok(())
    }

    /// Checks that no check with an interval is late. The first trial comes as soon as the breaker allows it.
    pub(super) fn on_time(&self) -> Verdict {
        for (index, check) in self.history.checks.iter().enumerate() {
            let Refresh::Interval(interval) = check.plan.refresh else {
                continue;
            };
            if let Some(promised) = self.promised[index] {
                let is_late = self.sim.now > promised.max(check.opens()) + TICK;
                let is_idle = check.run == Run::None && !self.history.is_over(check);
                must!(!is_idle || !is_late, "{index} was asked for and does not run");
            }
            let due = check.opens().max(self.idle[index] + check.pause(interval).mul_f64(1.1));
            let is_idle = check.run == Run::None && !self.history.is_over(check);
            must!(!is_idle || self.sim.now <= due + TICK, "{index} is overdue");
        }
        Ok(())
    }
}
