//! A probe that has to wait: for a check that has expired, or for a first result.

use std::sync::Arc;

use tokio::sync::futures::Notified;
use tokio::time::Timeout;

use crate::engine::{Engine, Selection, Time, View, WHOLE, WeakEngine};
use crate::spec::Probe;

/// A probe that is being answered.
struct Asked<'a> {
    probe: Probe,
    selection: Option<&'a Selection>,
    /// When it first looked. At that moment it started the checks that had expired.
    arrived: Option<Time>,
    /// The check that it waits for. It no longer waits for the checks before this one.
    waits_for: usize,
}

enum Next<'a> {
    Answer(Arc<View>),
    /// Wait for a change, at most until this timeout. Holds no reference to the engine.
    Wait(Timeout<Notified<'a>>),
}

impl Engine {
    /// The view that answers this probe. Starts the selected on-demand checks that have expired. Waits for the results
    /// that the probe needs, at most for the probe budget.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels no run.
    pub(crate) async fn probe(self: &Arc<Self>, probe: Probe, selection: Option<&Selection>) -> Arc<View> {
        if let Some(view) = self.fresh_view(probe) {
            return Arc::clone(&view);
        }
        let view = WeakEngine::new(self).probe(probe, selection).await;
        view.expect("the caller keeps the engine alive")
    }

    /// The answer, or what to wait for before the next look. The caller creates `changed` before this look, so that no
    /// change is missed.
    fn next<'a>(self: &Arc<Self>, asked: &mut Asked, changed: Notified<'a>) -> Next<'a> {
        if let Some(view) = self.fresh_view(asked.probe) {
            return Next::Answer(Arc::clone(&view));
        }
        if self.handles.is_none() {
            return Next::Answer(self.view()); // nothing runs by itself, so there is nothing to wait for
        }
        let among = asked.selection.map_or(WHOLE, Selection::ranges);
        let next = self.with(|core, now| {
            let arrived = *asked.arrived.get_or_insert_with(|| {
                core.demand(asked.probe, among, now);
                now
            });
            match core.awaited(asked.probe, among, arrived, asked.waits_for, now) {
                Some((index, until)) => {
                    asked.waits_for = index;
                    Err(until.saturating_sub(now))
                }
                None => Ok(self.answered(core, asked.probe, now)),
            }
        });
        match next {
            Ok(view) => Next::Answer(view),
            Err(wait) => {
                let _timers = self.timers();
                Next::Wait(tokio::time::timeout(wait, changed))
            }
        }
    }
}

impl WeakEngine {
    /// Like [`Engine::probe`], but does not keep the engine alive while it waits; `None` if the engine ends.
    pub(crate) async fn probe(&self, probe: Probe, selection: Option<&Selection>) -> Option<Arc<View>> {
        let mut asked = Asked {
            probe,
            selection,
            arrived: None,
            waits_for: 0,
        };
        let notify = self.look(|engine| Arc::clone(&engine.changed))?;
        loop {
            let changed = notify.notified();
            match self.look(|engine| engine.next(&mut asked, changed))? {
                Next::Answer(view) => return Some(view),
                Next::Wait(wait) => drop(wait.await),
            }
        }
    }
}
