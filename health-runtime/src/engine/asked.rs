//! A probe that finds something to wait for: a check that has expired, or a first result.

use std::sync::Arc;

use tokio::sync::futures::OwnedNotified;
use tokio::time::Timeout;

use super::{Engine, Time, View};
use crate::spec::Probe;

/// A probe that is being answered.
pub(super) struct Asked {
    probe: Probe,
    arrived: Time,
    /// The check that it waits for. What stands before it has been waited for.
    waits_for: usize,
}

pub(super) enum Next {
    Answer(Arc<View>),
    /// Something may happen until then. Holds no engine.
    Wait(Timeout<OwnedNotified>),
}

impl Engine {
    /// The view that answers this probe: starts on-demand checks that have expired, and waits for the critical ones,
    /// at most for the probe budget.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels no run.
    pub(crate) async fn probe(self: &Arc<Self>, probe: Probe) -> Arc<View> {
        if let Some(view) = self.fresh_view(probe) {
            return Arc::clone(&view);
        }
        if self.handles.is_none() {
            return self.view(); // nothing runs by itself that could be waited for
        }
        let mut asked = self.asked(probe);
        loop {
            match self.next(&mut asked) {
                Next::Answer(view) => return view,
                Next::Wait(wait) => drop(wait.await),
            }
        }
    }

    pub(super) fn asked(self: &Arc<Self>, probe: Probe) -> Asked {
        let arrived = self.with(|core, now| {
            core.demand(probe, now);
            now
        });
        Asked {
            probe,
            arrived,
            waits_for: 0,
        }
    }

    /// The answer, or what to wait for before the next look.
    pub(super) fn next(self: &Arc<Self>, asked: &mut Asked) -> Next {
        // Made before the look: from here on it hears all that happens.
        let changed = Arc::clone(&self.changed).notified_owned();
        let wait = self.with(|core, now| {
            let (index, until) = core.awaited(asked.probe, asked.arrived, asked.waits_for, now)?;
            asked.waits_for = index;
            Some(until.saturating_sub(now))
        });
        let Some(wait) = wait else {
            return Next::Answer(self.view());
        };
        let _timers = self.timers();
        Next::Wait(tokio::time::timeout(wait, changed))
    }
}
