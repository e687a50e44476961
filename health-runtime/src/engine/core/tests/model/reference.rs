//! The reference: the rules of `docs/states.md` as plain code. It computes each answer from the whole history, and
//! caches nothing.

use super::super::{Time, ms};
use super::history::{Check, Finished, History, Run, Said};
use crate::outcome::{Reason::*, Status::*};
use crate::spec::Probe::{self, *};

/// Whether `fail_open` lowers this failure: it was observed.
fn is_waived(said: Said) -> bool {
    matches!(
        said.1,
        Some(Error | Reported | Timeout | Panic | Stuck | BreakerOpen | Exhausted | ReadOnly)
    )
}

impl Check {
    /// When the breaker last opened, if it is open or half-open after these runs.
    pub(super) fn opened(&self, runs: &[Finished]) -> Option<Time> {
        let (breaker, mut opened, mut in_a_row) = (self.plan.spec.breaker?, None, 0);
        for run in runs {
            let counts = run.passes == opened.is_some(); // a closed breaker counts failures, an open one counts passes
            in_a_row = u32::from(counts) * (in_a_row + 1);
            match opened {
                None if in_a_row >= breaker.failures => (opened, in_a_row) = (Some(run.at), 0),
                Some(_) if in_a_row >= breaker.successes => (opened, in_a_row) = (None, 0),
                Some(_) if !counts => opened = Some(run.at),
                _ => {}
            }
        }
        opened
    }

    /// Whether an `exhausted` run passes now: the check passes, and within `max_age` a run has passed that was not
    /// exhausted.
    pub(super) fn may_be_busy(&self, now: Time) -> bool {
        let mut answers = self.finished.iter().filter(|run| run.asked && run.passes);
        let is_well = self.said(&self.finished).is_some_and(|said| said.0 != Unhealthy);
        is_well && answers.any(|run| now <= run.at + self.plan.max_age)
    }

    /// The published state after these runs.
    pub(super) fn said(&self, runs: &[Finished]) -> Option<Said> {
        let (mut said, mut has_passed) = (None::<&Finished>, false);
        let lets_pass =
            |said: &Finished, has_passed| said.passes || has_passed && self.plan.spec.fail_open && is_waived(said.said);
        for (i, run) in runs.iter().enumerate() {
            let earlier = &runs[..i];
            let was_stale = |last: &Finished| {
                run.at > last.at + self.plan.max_age && said.is_some_and(|said| lets_pass(said, has_passed))
            };
            let is_first = earlier.last().is_none_or(was_stale);
            let is_first = is_first || run.was_stuck || self.opened(earlier).is_some();
            let before = earlier.iter().rev().take_while(|other| other.passes == run.passes);
            let turns = before.count() + 1 >= self.threshold(run.passes);
            if is_first || turns || said.is_some_and(|said| said.passes == run.passes) {
                said = Some(run);
                has_passed |= run.passes;
            }
        }
        said.map(|run| run.said)
    }
}

impl History {
    pub(super) fn is_stuck(&self, check: &Check) -> bool {
        matches!(check.run, Run::Began(at) if self.spent(at) >= check.plan.timeout + ms(250))
    }

    /// Whether the service may start now. Once it has started, it stays started.
    pub(super) fn may_start(&self) -> bool {
        let is_free = self.is_armed && self.is_marked && self.tasks == 0 && !self.is_draining;
        is_free && self.of(Startup).all(|check| check.is_disabled || check.has_passed())
    }

    pub(super) fn state(&self, check: &Check) -> Said {
        let state = match check.finished.last() {
            _ if check.is_disabled => (Healthy, Some(Disabled)),
            _ if check.plan.is_startup_only() && self.is_started => (Healthy, None),
            _ if self.is_stuck(check) => (Unhealthy, Some(Stuck)),
            _ if check.opened(&check.finished).is_some() => (Unhealthy, Some(BreakerOpen)),
            last => match (check.said(&check.finished), last) {
                (None, _) => (Unhealthy, Some(Pending)),
                (Some(said), Some(last))
                    if self.now > last.at + check.plan.max_age
                        && (said.0 != Unhealthy || check.fails_open() && is_waived(said)) =>
                {
                    (Unhealthy, Some(Stale))
                }
                (Some(said), _) => said,
            },
        };
        match state.1 {
            Some(Stuck | Pending | Stale) if self.is_stalled() => (Unhealthy, Some(Stalled)),
            _ if check.fails_open() && is_waived(state) => (Degraded, state.1),
            _ => state,
        }
    }

    pub(super) fn verdict(&self, probe: Probe) -> Said {
        let worst = |fails: fn(&Check, Said) -> bool| {
            let states = self.of(probe).map(|check| (check, self.state(check)));
            let judged =
                states.map(|(check, state)| state.0.min([Degraded, Unhealthy][usize::from(fails(check, state))]));
            (judged.max().unwrap_or(Healthy), None)
        };
        match probe {
            Startup if self.is_started => (Healthy, None),
            Readiness if self.is_draining => (Unhealthy, Some(Draining)),
            Liveness if self.is_draining && self.is_stalled() => (Degraded, Some(Stalled)),
            Liveness if self.is_draining => worst(|_, _| false),
            Readiness | Liveness if self.is_stalled() => (Unhealthy, Some(Stalled)),
            Readiness if self.holds > 0 => (Unhealthy, Some(Held)),
            Readiness | Startup if !self.is_started => (Unhealthy, Some(Starting)),
            Readiness | Startup => worst(|check, _| check.plan.spec.critical),
            Liveness => {
                worst(|_, (_, why)| matches!(why, Some(Error | Timeout | Panic | Stuck | Reported | BreakerOpen)))
            }
            Health if self.verdict(Readiness).0 == Unhealthy => self.verdict(Readiness),
            Health if self.verdict(Liveness).0 == Unhealthy => self.verdict(Liveness),
            Health => worst(|_, _| false),
        }
    }
}
