//! Builds the view that answers the probes, and computes how long it is valid.

use std::time::Duration;

use crate::engine::Time;
use crate::engine::core::Core;
use crate::engine::core::moment::Moment;
use crate::engine::core::transitions::NAMED;
use crate::engine::view::{Brief, LastRun, Life, Standing, View};
use crate::spec::Probe;

/// A view is used for at most this long, so that its latencies stay current.
const VIEW_MAX_AGE: Duration = Duration::from_millis(100);

/// Until when a view is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Until {
    /// Until when its states are valid.
    states: Time,
    /// Until when the view answers each probe without a look at the core. An on-demand check concerns only the probes
    /// that it is in.
    probes: [Time; 4],
}

impl Until {
    /// For callers that only read and never wait.
    pub(crate) fn states(&self) -> Time {
        self.states
    }

    pub(crate) fn probe(&self, probe: Probe) -> Time {
        self.states.min(self.probes[probe as usize])
    }
}

impl Core {
    /// Builds the view that answers the probes, and returns until when it is valid. Queues an event for each change.
    pub(crate) fn view(&mut self, now: Time) -> (View, Until) {
        let awake = self.awake.at(now);
        let hold_ends_at = self.end_operator_hold(now).unwrap_or(Time::MAX);
        let stalled = self.stall_watch.is_stalled(awake);
        self.tell_stall(stalled);
        let stalls_in = self.stall_watch.left(awake).filter(|left| !left.is_zero());
        let stalls_at = stalls_in.map_or(Time::MAX, |left| now + left);
        let doubts_at = self.awake.doubts_at(now).unwrap_or(Time::MAX);
        let mut until = Until {
            states: stalls_at.min(doubts_at).min(hold_ends_at).min(now + VIEW_MAX_AGE),
            probes: [Time::MAX; 4],
        };
        for index in 0..self.slots.len() {
            self.tell(index, now);
            until.states = until.states.min(self.changes_at(index, now));
        }
        until.probes = Probe::ALL.map(|probe| self.asked_for(probe, now));
        let briefs = self.slots.iter().zip(self.plans.iter()).map(|(slot, plan)| Brief {
            state: slot.told,
            critical: plan.spec.critical,
            probes: plan.probes(),
        });
        let last_runs = self.slots.iter().map(|slot| {
            let last = slot.last.as_ref();
            LastRun {
                since: Moment::new(slot.told_at),
                succeeded: slot.succeeded,
                failures: slot.failures,
                running: slot.running.is_some(),
                next: slot.breaker.open_until(now).or(slot.due).map(Moment::new),
                raw: last.map(|last| last.state),
                latency: last.map(|last| last.took),
                ended: last.map(|last| Moment::new(last.at)),
                said: last.and_then(|last| last.said.clone()),
            }
        });
        let standing = Standing {
            at: now,
            phase: self.lifecycle.phase(),
            gate: self.lifecycle.gate(stalled),
            started: self.lifecycle.is_started(),
            stalled,
            lag: self.stall_watch.lag(awake),
        };
        let mut view = View::new(briefs.collect(), last_runs.collect(), self.causes(), standing);
        self.tell_verdicts(&view);
        view.life = Life {
            verdicts_since: self.verdicts_since,
            phase_since: self.phase_since,
            waits: self.waits.clone(),
            startup_checks: self.startup_checks(),
            obstacle: self.lifecycle.obstacle(),
            closes_at: self.lifecycle.close_at,
        };
        self.effects.moved |= std::mem::take(&mut self.moved);
        (view, until)
    }

    /// The first startup checks that starting waits for.
    fn startup_checks(&self) -> Vec<usize> {
        if self.missing == 0 {
            return Vec::new();
        }
        let slots = self.slots.iter().zip(self.plans.iter()).enumerate();
        let missing = slots.filter(|(_, (slot, plan))| plan.spec.is_in(Probe::Startup) && !slot.passed);
        missing.map(|(index, _)| index).take(NAMED).collect()
    }
}
