//! The hold that an operator places on readiness over the internal port. It ends by itself.

use std::sync::Arc;

use crate::engine::core::Core;
use crate::engine::{Event, Time};

#[derive(Debug)]
pub(super) struct OperatorHold {
    reason: Arc<str>,
    until: Time,
}

impl Core {
    /// Holds readiness until this time. Replaces the operator's earlier hold, if there is one.
    pub(crate) fn hold_until(&mut self, reason: Arc<str>, until: Time) {
        self.release_operator();
        self.waits.add_hold(Arc::clone(&reason), Some(until));
        self.hold();
        let held = Event::Held {
            reason: Arc::clone(&reason),
        };
        self.say(held);
        self.operator_hold = Some(OperatorHold { reason, until });
    }

    /// Ends the operator's hold. Returns whether there was one.
    pub(crate) fn release_operator(&mut self) -> bool {
        let Some(OperatorHold { reason, .. }) = self.operator_hold.take() else {
            return false;
        };
        self.waits.remove_hold(&reason);
        self.release();
        self.say(Event::Released { reason });
        true
    }

    /// Ends the operator's hold if its time is over. Returns when it ends otherwise.
    pub(super) fn end_operator_hold(&mut self, now: Time) -> Option<Time> {
        let until = self.operator_hold.as_ref()?.until;
        if until > now {
            return Some(until);
        }
        self.release_operator();
        None
    }
}
