//! The events of a check: one for each change of its state, and [reminders](super::reminders) while it fails.

use crate::engine::core::Core;
use crate::engine::{Event, Time, View};
use crate::spec::Probe;

/// The log names at most this many checks in one event.
pub(super) const NAMED: usize = 10;

impl Core {
    /// Queues an event if the state of the check has changed since the last event. Queues a reminder if the check fails
    /// and a reminder is due.
    pub(super) fn tell(&mut self, index: usize, now: Time) {
        if self.ended {
            return;
        }
        let state = self.state(index, now);
        let fails = !self.unwaived(index, now).passes();
        let slot = &self.slots[index];
        let changed = state != slot.told;
        let reminds = fails && slot.is_reminder_due(now);
        if !changed && !reminds {
            return;
        }
        let cause = self.cause(index, now);
        let slot = &mut self.slots[index];
        slot.logged_at = now;
        let last = slot.last.as_ref().filter(|last| state.is_said_by(last.state));
        let message = last.and_then(|last| last.said.as_ref()?.message.clone());
        self.effects.events.push(if changed {
            slot.note_change(state, now);
            self.moved = true;
            let from = std::mem::replace(&mut slot.told, state);
            let to = state;
            Event::Check {
                index,
                from,
                to,
                message,
                cause,
            }
        } else {
            let lasts = now.saturating_sub(slot.told_at);
            Event::Reminder {
                index,
                state,
                lasts,
                message,
                cause,
            }
        });
    }

    /// Adds the headline to the queued event about readiness. Does not call `headline` if there is none.
    pub(in crate::engine) fn explain_readiness(&mut self, headline: impl Fn() -> String) {
        for event in &mut self.effects.events {
            if let Event::Readiness {
                headline: empty,
                expected: false,
                ..
            } = event
            {
                *empty = headline();
            }
        }
    }

    /// Queues an event when a stall of the runtime begins or ends.
    pub(super) fn tell_stall(&mut self, stalled: bool) {
        if stalled != std::mem::replace(&mut self.told_stalled, stalled) {
            self.effects.events.push(Event::Stalled { stalled });
        }
    }

    /// Queues events if the answers of the probes have changed since the last event.
    pub(super) fn tell_verdicts(&mut self, view: &View) {
        let verdicts = Probe::ALL.map(|probe| view.verdict(probe));
        let before = std::mem::replace(&mut self.told_verdicts, verdicts);
        for (probe, since) in self.verdicts_since.iter_mut().enumerate() {
            if before[probe].status != verdicts[probe].status {
                *since = view.standing.at;
            }
        }
        if std::mem::replace(&mut self.told_phase, view.standing.phase) != view.standing.phase {
            self.phase_since = view.standing.at;
        }
        if verdicts != before {
            self.moved = true;
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
                headline: String::new(),
            });
        }
    }
}
