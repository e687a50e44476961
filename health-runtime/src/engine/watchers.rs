//! The watchers of the published states: they are woken when a new view shows a change, and they end with the drain.

use std::time::Duration;

use tokio::sync::watch;

use crate::engine::{Engine, Selection, State, View};
use crate::panics;
use crate::spec::Probe;

/// A watcher asks for the on-demand checks this often, as a client would that sends requests instead.
pub(super) const ASKS: Duration = Duration::from_secs(1);

/// How long a request that has not come completely may take after the drain. It must not delay the end of its server.
const PATIENCE: Duration = Duration::from_millis(250);

/// The value is whether the end has come: the drain is over, or the engine has ended.
#[derive(Debug)]
pub(super) struct Watchers(watch::Sender<bool>);

impl Watchers {
    pub(super) fn new() -> Self {
        Self(watch::channel(false).0)
    }

    /// Whether anybody watches.
    pub(super) fn any(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Wakes the watchers, because a new view shows a change.
    pub(super) fn wake(&self) {
        panics::run(|| self.0.send_modify(|_| {})); // a waker may panic
    }

    /// Ends the watchers.
    pub(super) fn end(&self) {
        panics::run(|| self.0.send_replace(true));
    }
}

impl Engine {
    /// Wakes at each change that a view shows. The value is whether the end has come. Does not keep the engine running.
    pub(crate) fn moves(&self) -> watch::Receiver<bool> {
        self.watchers.0.subscribe()
    }

    /// Resolves some time after the drain: a request that has not come completely by then is given up.
    pub(crate) async fn out_of_patience(&self) {
        let _ = self.moves().wait_for(|has_ended| *has_ended).await; // the caller keeps the engine alive
        let pause = {
            let _timers = self.timers();
            tokio::time::sleep(PATIENCE)
        };
        pause.await;
    }
}

impl View {
    /// The state of the probe, for these checks or for all.
    pub(crate) fn state(&self, probe: Probe, selection: Option<&Selection>) -> State {
        match selection {
            None => self.verdict(probe),
            Some(Selection { one: Some(index), .. }) => self.judge_one(probe, *index),
            Some(selection) => self.part(probe, selection.ranges(), 0).state,
        }
    }
}
