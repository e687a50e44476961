//! What is published: the view that answers the probes, and an event for each transition.

use std::time::Duration;

use super::super::view::{Brief, Row, Standing, View};
use super::super::{Event, State, Time};
use super::Core;
use crate::outcome::Reason;
use crate::spec::Probe;

/// How long a view is used at most, so that the latencies in it are of now.
const VIEW_MAX_AGE: Duration = Duration::from_millis(100);

/// The log names at most this many checks in one event.
pub(super) const NAMED: usize = 10;

/// How often the log is reminded of a check that goes on failing.
const REMINDER: Duration = Duration::from_mins(5);

/// Until when a view holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Until {
    /// Until when its states do.
    states: Time,
    /// Until when this probe may be answered from it: an on-demand check concerns only the probes that it is in.
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
    /// What probes are answered from, and until when.
    pub(crate) fn view(&mut self, now: Time) -> (View, Until) {
        let awake = self.awake.at(now);
        let stalled = self.heart.is_stalled(awake);
        self.tell_stall(stalled);
        let stalls_in = self.heart.left(awake).filter(|left| !left.is_zero());
        let stalls_at = stalls_in.map_or(Time::MAX, |left| now + left);
        let doubts_at = self.awake.doubts_at(now).unwrap_or(Time::MAX);
        let mut until = Until {
            states: stalls_at.min(doubts_at).min(now + VIEW_MAX_AGE),
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
        let rows = self.slots.iter().map(|slot| Row {
            raw: slot.last.as_ref().map(|last| last.result.state),
            latency: slot.last.as_ref().map(|last| last.took),
            age: slot.last.as_ref().map(|last| now.saturating_sub(last.at)),
            message: slot.last.as_ref().and_then(|last| last.result.message.clone()),
            parts: slot.last.as_ref().and_then(|last| last.result.parts.clone()),
        });
        let standing = Standing {
            at: now,
            phase: self.lifecycle.phase(),
            gate: self.lifecycle.gate(stalled),
            started: self.lifecycle.started,
            stalled,
            lag: self.heart.lag(awake),
        };
        let view = View::new(briefs.collect(), rows.collect(), standing);
        let verdicts = Probe::ALL.map(|probe| view.verdict(probe));
        if verdicts != std::mem::replace(&mut self.told_verdicts, verdicts) {
            self.effects.events.push(Event::Verdicts(verdicts));
        }
        let readiness = (view.verdict(Probe::Readiness), view.is_only_pending());
        if readiness.0.passes() {
            self.lifecycle.ready();
        }
        if readiness != self.told_readiness {
            let (from, _) = std::mem::replace(&mut self.told_readiness, readiness);
            let (to, expected) = readiness;
            let failing = view.failing().take(NAMED).collect();
            self.effects.events.push(Event::Readiness {
                from,
                to,
                expected,
                failing,
            });
        }
        (view, until)
    }

    /// Queues an event if the check's state is not that of the last event, or if a failure was logged long ago.
    pub(super) fn tell(&mut self, index: usize, now: Time) {
        if self.ended {
            return;
        }
        let state = self.state(index, now);
        let fails = !self.unwaived(index, now).passes();
        let slot = &mut self.slots[index];
        let changed = state != slot.told;
        let reminds = fails && now.saturating_sub(slot.logged_at) >= REMINDER;
        if !changed && !reminds {
            return;
        }
        slot.logged_at = now;
        let last = slot.last.as_ref().map(|last| &last.result);
        let message = last.filter(|result| state.is_said_by(result.state));
        let message = message.and_then(|result| result.message.clone());
        self.effects.events.push(if changed {
            slot.told_at = now;
            let from = std::mem::replace(&mut slot.told, state);
            let to = state;
            Event::Check {
                index,
                from,
                to,
                message,
            }
        } else {
            let lasts = now.saturating_sub(slot.told_at);
            Event::Reminder {
                index,
                state,
                lasts,
                message,
            }
        });
    }

    /// Queues an event if the runtime has stalled, or runs again.
    fn tell_stall(&mut self, stalled: bool) {
        if stalled != std::mem::replace(&mut self.told_stalled, stalled) {
            self.effects.events.push(Event::Stalled { stalled });
        }
    }
}

impl State {
    /// Whether what this run said explains it.
    fn is_said_by(self, run: Self) -> bool {
        self.reason == run.reason || self.reason == Some(Reason::BreakerOpen)
    }
}
