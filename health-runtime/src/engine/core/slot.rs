//! What the core stores about one check.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;

use crate::engine::core::breaker::BreakerState;
use crate::engine::core::history::History;
use crate::engine::core::moment::Moment;
use crate::engine::core::thresholds::Published;
use crate::engine::core::writability::Writability;
use crate::engine::{RunResult, Said, State, Time};
use crate::outcome::{Reason, Status};

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) disabled: bool,
    pub(super) running: Option<Running>,
    pub(super) last: Option<Finished>,
    pub(super) published: Published,
    pub(super) breaker: BreakerState,
    /// How many runs have started.
    pub(super) runs: u64,
    /// When the last run started.
    pub(super) started: Option<Time>,
    /// When the next run is planned.
    pub(super) due: Option<Time>,
    /// Whether a run has ever passed. Always true for a disabled check, so that starting does not wait for it.
    pub(super) passed: bool,
    /// When a run last reached what it checks, and passed. `last` does not show this: a run may also pass if it only
    /// found that what it checks is fully in use.
    pub(super) verified: Option<Time>,
    /// What took writes before.
    pub(super) writability: Writability,

    /// The last run took longer than the probe budget, or timed out. No probe waits for the next run.
    pub(super) is_slow: bool,
    /// A run was requested while one was in flight.
    pub(super) again: bool,
    /// The state in the last event.
    pub(super) told: State,
    pub(super) told_at: Time,
    /// When a run last passed.
    pub(super) succeeded: Option<Moment>,
    /// How many runs in a row have failed.
    pub(super) failures: u32,
    pub(super) history: Option<Box<History>>,
    /// When the last event or reminder of the check was queued.
    pub(super) logged_at: Time,
}

#[derive(Debug)]
pub(super) struct Running {
    /// The awake time when the run was started. The probe budget counts from here.
    pub(super) since: Duration,
    /// The awake time when the runtime first polled the run. Before that, the run is neither late nor stuck: the
    /// runtime is busy with other tasks, or the run waits for a thread.
    pub(super) began: Option<Duration>,
    pub(super) abort: Option<AbortHandle>,
}

#[derive(Debug)]
pub(super) struct Finished {
    pub(super) at: Time,
    /// How long the run took, in awake time from its first poll.
    pub(super) took: Duration,
    pub(super) state: State,
    pub(super) said: Option<Arc<Said>>,
}

impl Slot {
    pub(super) fn new(disabled: bool, due: Option<Time>) -> Self {
        Self {
            disabled,
            running: None,
            last: None,
            published: Published::default(),
            breaker: BreakerState::new(),
            runs: 0,
            started: None,
            due,
            passed: disabled,
            verified: None,
            writability: Writability::default(),
            is_slow: false,
            again: false,
            told: if disabled {
                State::DISABLED
            } else {
                State::unhealthy(Reason::Pending)
            },
            told_at: Time::ZERO,
            succeeded: None,
            failures: 0,
            history: None,
            logged_at: Time::ZERO,
        }
    }

    /// Remembers when a run reached what it checks and passed. A run that found it fully in use becomes `saturated` if
    /// the check passes and its last verified success is not older than `max_age`: a busy dependency is not a dead one.
    pub(super) fn verify(&mut self, run: &mut RunResult, max_age: Duration, now: Time) {
        let (run, for_good) = (&mut run.state, run.for_good);
        if run.reason != Some(Reason::Exhausted) {
            self.verified = if run.passes() { Some(now) } else { self.verified };
            return;
        }
        let is_well = self.published.state().is_some_and(State::passes);
        if is_well && !for_good && self.verified.is_some_and(|at| now.saturating_sub(at) <= max_age) {
            *run = State {
                status: Status::Degraded,
                reason: Some(Reason::Saturated),
            };
        }
    }

    /// Notes the result of a run that took this long.
    pub(super) fn note_result(&mut self, run: State, took: Duration, now: Time) {
        if run.passes() {
            (self.succeeded, self.failures) = (Some(Moment::new(now)), 0);
        } else {
            self.failures = self.failures.saturating_add(1);
        }
        if let Some(history) = &mut self.history {
            history.note_result(run, took, now);
        }
    }

    /// Notes that the published state has changed.
    pub(super) fn note_change(&mut self, to: State, now: Time) {
        self.told_at = now;
        if let Some(history) = &mut self.history {
            history.note_change(to, now);
        }
    }

    /// Notes whether a run passes. Returns `true` if it passes and no run has passed before.
    pub(super) fn passes_first(&mut self, run: State) -> bool {
        run.passes() && !std::mem::replace(&mut self.passed, true)
    }
}
