//! What the core keeps of one check.

use std::time::Duration;

use tokio::task::AbortHandle;

use crate::engine::core::breaker::Circuit;
use crate::engine::core::thresholds::Published;
use crate::engine::{RunResult, State, Time};
use crate::outcome::{Reason, Status};

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) disabled: bool,
    pub(super) running: Option<Running>,
    pub(super) last: Option<Finished>,
    pub(super) published: Published,
    pub(super) circuit: Circuit,
    /// How many runs have started.
    pub(super) runs: u64,
    /// When the last run started.
    pub(super) started: Option<Time>,
    /// When the next run is planned.
    pub(super) due: Option<Time>,
    /// A run has passed, ever.
    pub(super) passed: bool,
    /// When a run last passed that reached what it checks. `last` is not enough: a run may also pass that only found it
    /// fully in use.
    pub(super) verified: Option<Time>,

    /// The last run outlasted the probe budget: no probe waits for the next one.
    pub(super) hangs: bool,
    /// A run was asked for while one was in flight.
    pub(super) again: bool,
    /// The state in the last event.
    pub(super) told: State,
    pub(super) told_at: Time,
    /// When the log last heard of it.
    pub(super) logged_at: Time,
}

#[derive(Debug)]
pub(super) struct Running {
    /// Awake time when it was started. The probe budget counts from here.
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
            verified: None,
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

    /// Notes a run that reached what it checks and passed. A run that found it fully in use is lowered to `saturated` if the
    /// check passes and its last verified success is not older than `max_age`: a busy dependency is not a dead one.
    pub(super) fn verify(&mut self, run: &mut State, max_age: Duration, now: Time) {
        if run.reason != Some(Reason::Exhausted) {
            self.verified = if run.passes() { Some(now) } else { self.verified };
            return;
        }
        let is_well = self.published.state().is_some_and(State::passes);
        if is_well && self.verified.is_some_and(|at| now.saturating_sub(at) <= max_age) {
            *run = State {
                status: Status::Degraded,
                reason: Some(Reason::Saturated),
            };
        }
    }

    /// Notes whether a run passes; `true` if none has before.
    pub(super) fn passes_first(&mut self, run: State) -> bool {
        run.passes() && !std::mem::replace(&mut self.passed, true)
    }
}
