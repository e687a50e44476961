//! What the core keeps of one check.

use std::time::Duration;

use tokio::task::AbortHandle;

use super::super::{RunResult, State, Time};
use super::circuit::Circuit;
use super::published::Published;
use crate::outcome::Reason;

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) disabled: bool,
    pub(super) running: Option<Running>,
    pub(super) last: Option<Finished>,
    pub(super) published: Published,
    pub(super) circuit: Circuit,
    /// How many runs have started.
    pub(super) runs: u64,
    /// When the last one did.
    pub(super) started: Option<Time>,
    /// When the next one is due by itself.
    pub(super) due: Option<Time>,
    /// A run has passed, ever.
    pub(super) passed: bool,

    /// The last run outlasted the probe budget: no probe waits for the next one.
    pub(super) hangs: bool,
    /// A run was asked for while one was in flight.
    pub(super) again: bool,
    /// The state of which the world has been told.
    pub(super) told: State,
    pub(super) told_at: Time,
    /// When the log last heard of it.
    pub(super) logged_at: Time,
}

#[derive(Debug)]
pub(super) struct Running {
    /// Awake time when it was started: how long probes wait for it counts from here.
    pub(super) since: Duration,
    /// Awake time when the runtime first polled it. Before, it is neither late nor stuck: the runtime is busy elsewhere.
    pub(super) began: Option<Duration>,
    pub(super) abort: Option<AbortHandle>,
}

#[derive(Debug)]
pub(super) struct Finished {
    pub(super) at: Time,
    /// In awake time, from its first poll.
    pub(super) took: Duration,
    pub(super) result: RunResult,
}

impl Slot {
    pub(super) fn new(disabled: bool, due: Option<Time>) -> Self {
        Self {
            disabled,
            running: None,
            last: None,
            published: Published::default(),
            circuit: Circuit::new(),
            runs: 0,
            started: None,
            due,
            passed: disabled,
            hangs: false,
            again: false,
            told: if disabled {
                State::DISABLED
            } else {
                State::unhealthy(Reason::Pending)
            },
            told_at: Time::ZERO,
            logged_at: Time::ZERO,
        }
    }

    /// Notes whether a run passes; `true` if none has before.
    pub(super) fn passes_first(&mut self, run: State) -> bool {
        run.passes() && !std::mem::replace(&mut self.passed, true)
    }
}
