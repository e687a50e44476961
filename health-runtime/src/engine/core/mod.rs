//! Computes every state from what has happened and the current time, as a pure function.
//!
//! The core does no I/O, reads no clock and calls no user code. The caller holds the engine's lock. It releases the
//! lock before it carries out the [`Effects`] that reach user code: runs, wakers and the log.
//!
//! ```text
//! plan            the declared options of a check, with all defaults filled in
//! slot            what the core stores about one check
//! schedule        when runs start: interval, jitter, slices, retries
//! thresholds      the published state of a check: its results, filtered by its thresholds
//! breaker         whether a check that keeps failing is still called
//! writability     whether what took writes before still takes them
//! judge           the state of a check at a moment
//! causes          which failing check causes the failure of another one
//! demand          what a probe starts and waits for
//! durations       how long the last runs took, for a recorder
//! lifecycle       starting, running, draining; holds
//! waits           the names of startup tasks and holds
//! operator_hold   the hold of an operator, which ends by itself
//! servers         whether a server of the application runs
//! runtime_stall   whether the runtime still runs new tasks
//! late_ticks      the time in which the process could run: a late tick of the pacemaker shows a freeze
//! blocking_limit  how many runs have a thread of their own
//! snapshot        the view that is published
//! moment          a time in a quarter of the space
//! history         the last results and changes of a check
//! transitions     an event for each state change of a check
//! reminders       how often the log repeats that a check still fails
//! forced          what a test can do to the core
//! ```
//!
//! This file contains the inputs: time passes, runs start and end, probes ask, the application holds or drains.

mod blocking_limit;
mod breaker;
mod causes;
mod demand;
#[cfg(feature = "metrics-0_24")]
mod durations;
#[cfg(feature = "testing")]
mod forced;
pub(in crate::engine) mod history;
mod judge;
pub(in crate::engine) mod late_ticks;
pub(in crate::engine) mod lifecycle;
pub(in crate::engine) mod moment;
#[cfg_attr(not(feature = "token"), allow(dead_code, reason = "an operator needs the token"))]
mod operator_hold;
pub(in crate::engine) mod plan;
mod reminders;
mod runtime_stall;
mod schedule;
#[cfg_attr(not(feature = "axum"), allow(dead_code, reason = "only `axum` has a listener"))]
pub(in crate::engine) mod servers;
mod slot;
mod snapshot;
mod thresholds;
mod transitions;
pub(in crate::engine) mod waits;
mod writability;

#[cfg(feature = "kubernetes")]
pub(crate) use self::{
    blocking_limit::{LONG as LONG_RUN, MAX_RUNS as BLOCKING_RUNS},
    judge::STUCK_AFTER,
    schedule::FIRST_RETRY,
};

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::AbortHandle;

use self::blocking_limit::Threads;
use self::causes::Dependencies;
use self::history::History;
use self::operator_hold::OperatorHold;
use self::runtime_stall::StallWatch;
use self::schedule::Schedule;
use self::slot::{Finished, Slot};
use self::transitions::NAMED;
use self::waits::Waits;
use crate::engine::core::late_ticks::Awake;
use crate::engine::core::lifecycle::Lifecycle;
use crate::engine::core::plan::Plan;
use crate::engine::core::servers::Servers;
use crate::engine::{Event, RunResult, State, Time};
use crate::outcome::{Reason, Status};
use crate::report::{Counts, Phase};
use crate::spec::Probe;

/// The log reports a freeze if at least this much time is lost. Shorter freezes are common on a busy machine.
const NOTABLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Core {
    plans: Arc<[Plan]>,
    dependencies: Dependencies,
    slots: Vec<Slot>,
    schedule: Schedule,
    /// The checks that a probe may have to start or wait for: those with a `ttl`, and others until their first result.
    /// Disabled checks are never among them.
    awaitable: BTreeSet<usize>,
    /// How many startup checks have not passed yet. It is a counter, so that a result costs the same with any number of
    /// checks.
    missing: usize,
    /// How many runs are in flight. It is a counter for the same reason.
    running: usize,
    /// The checks have ended: no run starts any more, and results are ignored.
    ended: bool,
    threads: Threads,
    /// The results that a test has set. They replace the results of the runs.
    forced: BTreeMap<usize, RunResult>,
    budget: Duration,
    pub(in crate::engine) awake: Awake,
    #[cfg(feature = "metrics-0_24")]
    durations: durations::Durations,
    stall_watch: StallWatch,
    pub(in crate::engine) lifecycle: Lifecycle,
    /// The readiness in the last event, and whether it failed only because first results were still missing.
    told_readiness: (State, bool),
    /// The answers of the probes in the last event.
    told_verdicts: [State; 4],
    /// Since when each probe has had its status.
    verdicts_since: [Time; 4],
    told_phase: Phase,
    phase_since: Time,
    pub(crate) waits: Waits,
    operator_hold: Option<OperatorHold>,
    /// Every check has a history.
    keeps_history: bool,
    /// The state of a check or of a probe has changed since the last view.
    moved: bool,
    /// When a watcher asks for the on-demand checks again.
    asks_at: Time,
    told_stalled: bool,
    effects: Effects,
}

/// What the caller has to do.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Runs to start: the index of the check, and the number of the run. They are already marked as running.
    pub(crate) start: VecDeque<(usize, u64)>,
    /// The caller has to send a beat through the runtime.
    pub(crate) beat: bool,
    pub(crate) events: Vec<Event>,
    /// Something that the view shows has changed.
    pub(crate) changed: bool,
    /// A new view shows another state of a check or of a probe than the view before it.
    pub(crate) moved: bool,
    /// A result has arrived that a probe may wait for.
    pub(crate) arrived: bool,
    /// The time from which each probe has to look at the core, if that is sooner than before. `None`: no change.
    pub(crate) asked_for: [Option<Time>; 4],
}

impl Effects {
    /// Adds later effects, except `events` and `asked_for`: the caller has already handled those.
    pub(in crate::engine) fn extend(&mut self, later: Self) {
        self.start.extend(later.start);
        self.beat |= later.beat;
        self.changed |= later.changed;
        self.moved |= later.moved;
        self.arrived |= later.arrived;
    }
}

impl Core {
    /// Creates a core for these checks. If `disabled[i]` is true, check `i` never runs. Interval checks are due at time
    /// zero.
    pub(crate) fn new(
        plans: Arc<[Plan]>,
        disabled: Vec<bool>,
        budget: Duration,
        manual_start: bool,
        jitter: Rng,
    ) -> Self {
        let runs_by_itself = |(disabled, plan): (bool, &Plan)| !disabled && plan.ttl().is_none();
        let slots: Vec<_> = disabled
            .into_iter()
            .zip(plans.iter())
            .map(|(disabled, plan)| Slot::new(disabled, runs_by_itself((disabled, plan)).then_some(Time::ZERO)))
            .collect();
        let due = (0..slots.len()).filter(|index| slots[*index].due.is_some());
        let schedule = Schedule::new(due, jitter);
        let awaitable = (0..slots.len()).filter(|index| !slots[*index].disabled).collect();
        let is_missing = |(slot, plan): &(&Slot, &Plan)| plan.spec.is_in(Probe::Startup) && !slot.passed;
        let missing = slots.iter().zip(plans.iter()).filter(is_missing).count();
        Self {
            dependencies: Dependencies::new(&plans),
            plans,
            slots,
            schedule,
            awaitable,
            missing,
            running: 0,
            ended: false,
            threads: Threads::default(),
            forced: BTreeMap::new(),
            budget,
            awake: Awake::default(),
            #[cfg(feature = "metrics-0_24")]
            durations: None,
            stall_watch: StallWatch::default(),
            lifecycle: Lifecycle::new(manual_start),
            told_readiness: (State::unhealthy(Reason::Starting), false),
            told_verdicts: [State::unhealthy(Reason::Starting); 4],
            verdicts_since: [Time::ZERO; 4],
            told_phase: Phase::Starting,
            phase_since: Time::ZERO,
            waits: Waits::default(),
            operator_hold: None,
            keeps_history: false,
            moved: false,
            asks_at: Time::ZERO,
            told_stalled: false,
            effects: Effects::default(),
        }
    }

    pub(crate) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Notes that time has passed, and starts the background runs that are due. Returns whether more runs are due than
    /// one tick starts.
    pub(crate) fn tick(&mut self, now: Time) -> bool {
        self.pass(now);
        self.effects.beat |= self.stall_watch.sends(self.awake.at(now));
        self.give_up_long_threads(now);
        // While the service starts or drains, readiness does not wait for a server.
        let waits = self.lifecycle.is_started() && self.lifecycle.phase() == Phase::Starting;
        if waits && self.lifecycle.servers.is_overdue(now) {
            self.effects.events.push(Event::NoServer);
        }
        self.start_due(now)
    }

    /// Notes that time has passed.
    fn pass(&mut self, now: Time) {
        let Some(lost) = self.awake.tick(now) else { return };
        self.effects.changed = true; // the view may show failures that only the freeze caused
        if lost >= NOTABLE {
            self.effects.events.push(Event::Frozen { lost });
        }
    }

    /// Notes that time has passed without a freeze.
    pub(crate) fn stay_awake(&mut self, now: Time) {
        self.awake.stay(now);
    }

    /// Begins to watch the runtime, unless it is watched already.
    pub(crate) fn watch(&mut self, limit: Duration, now: Time) {
        self.stall_watch.watch(limit, self.awake.at(now));
    }

    /// Notes that the runtime has run a beat.
    pub(crate) fn beat(&mut self, now: Time) {
        self.effects.changed |= self.is_stalled(now);
        self.stall_watch.beat(self.awake.at(now));
    }

    /// Whether a run of any check is in flight.
    pub(crate) fn is_busy(&self) -> bool {
        self.running > 0
    }

    /// Stores the abort handle of a run, if that run is still in flight.
    pub(crate) fn keep_abort(&mut self, index: usize, run: u64, abort: AbortHandle) {
        if self.ended {
            abort.abort(); // the checks ended between the spawn of this run and this call
            return;
        }
        let slot = &mut self.slots[index];
        if let Some(running) = &mut slot.running
            && slot.runs == run
        {
            running.abort = Some(abort);
        }
    }

    /// Ends all checks: the results stay as they are, and runs in flight are aborted.
    pub(crate) fn end(&mut self) {
        self.ended = true;
        let running = self.slots.iter_mut().filter_map(|slot| slot.running.as_mut());
        for abort in running.filter_map(|running| running.abort.take()) {
            abort.abort();
        }
    }

    /// The names of the checks that have a run in flight, at most [`NAMED`] of them. A run that still waits for its
    /// thread or for its first poll does not count.
    pub(crate) fn names_in_flight(&self) -> String {
        let slots = self.slots.iter().zip(self.plans.iter());
        let has_begun = |slot: &Slot| slot.running.as_ref().is_some_and(|running| running.began.is_some());
        let running = slots.filter(|(slot, _)| has_begun(slot));
        let names: Vec<_> = running.map(|(_, plan)| plan.spec.name()).take(NAMED).collect();
        names.join(", ")
    }

    /// Notes that the runtime polls the run in flight for the first time: its timeout begins.
    pub(crate) fn began(&mut self, index: usize, now: Time) {
        let awake = self.awake.at(now);
        if let Some(running) = &mut self.slots[index].running {
            running.began.get_or_insert(awake);
        }
    }

    /// Notes that a run has ended, and its result.
    pub(crate) fn finished(&mut self, index: usize, mut result: RunResult, now: Time) {
        let before = self.state(index, now);
        let took = self.spent(index, now).unwrap_or_default();
        let (slot, plan) = (&mut self.slots[index], &self.plans[index]);
        let Some(running) = slot.running.take() else { return };
        self.running -= 1;
        if self.ended {
            return;
        }
        if plan.spec.blocking {
            self.effects.start.extend(self.threads.free((index, slot.runs)));
        }
        if result.state.status == Status::Healthy && plan.spec.degraded_after.is_some_and(|limit| took > limit) {
            result.turn_slow(took);
        }
        slot.writability.take(&mut result);
        slot.verify(&mut result, plan.max_age, now);
        if let Some(forced) = self.forced.get(&index) {
            result = forced.clone();
        }
        let state = result.state;
        slot.is_slow =
            self.awake.at(now).saturating_sub(running.since) > self.budget || state.reason == Some(Reason::Timeout);
        let first = before.reason.is_some_and(Reason::forgets_runs);
        slot.published.take(state, first, &plan.spec);
        if let Some(breaker) = plan.spec.breaker {
            slot.breaker.take(state.passes(), breaker, now);
        }
        let told = slot.told;
        let passes_first = slot.passes_first(state);
        slot.note_result(state, took, now);
        slot.last = Some(Finished {
            at: now,
            took,
            state,
            said: result.said.shared(),
        });
        #[cfg(feature = "metrics-0_24")]
        self.note_duration(index, took);
        self.tell(index, now);
        // If the state stays the same, the view stays valid. The new latency appears in the next view.
        self.effects.changed |= self.slots[index].told != told;
        self.effects.arrived |= self.awaitable.contains(&index);
        self.has_result(index);
        self.note_asked(index, now);
        if passes_first {
            self.passed_first(index, now);
        } else if !state.passes() {
            self.retry_soon(index, now);
        }
        if std::mem::take(&mut self.slots[index].again) {
            self.request(index, now);
        }
    }

    /// Notes that the check has a result. From now on, probes wait for it only if it has a `ttl`.
    fn has_result(&mut self, index: usize) {
        if self.plans[index].ttl().is_none() {
            self.awaitable.remove(&index);
        }
    }

    /// Notes that the check has passed for the first time. Starting waits for a startup check only until then.
    fn passed_first(&mut self, index: usize, now: Time) {
        if self.plans[index].spec.is_in(Probe::Startup) {
            self.missing -= 1;
            self.try_start(now);
        }
    }

    /// Latches the start of the service, if it waits for nothing any more.
    fn try_start(&mut self, now: Time) {
        if self.lifecycle.try_start(self.missing == 0) {
            self.effects.events.push(Event::Started { after: now });
            self.effects.changed = true;
            self.retry_failed(now);
        }
    }

    /// Changes what starting waits for. If nothing is missing any more, the service has started, for good. The view is
    /// replaced only if the answer of a probe changes, or what a probe waits for.
    fn progress(&mut self, now: Time, change: impl FnOnce(&mut Lifecycle)) {
        let before = Probe::ALL.map(|probe| self.lifecycle.blocks(probe));
        change(&mut self.lifecycle);
        self.try_start(now);
        self.effects.changed |= Probe::ALL.map(|probe| self.lifecycle.blocks(probe)) != before;
    }

    /// Notes that a router exists: everything that starting waits for has been declared.
    pub(crate) fn arm(&mut self, now: Time) {
        self.progress(now, Lifecycle::arm);
    }

    pub(crate) fn mark_started(&mut self, now: Time) {
        self.progress(now, Lifecycle::mark_started);
    }

    /// Adds a task that starting waits for. Returns `false` if the service has already started.
    pub(crate) fn open_task(&mut self) -> bool {
        self.lifecycle.open_task()
    }

    /// Whether the service waits for a startup task that may still be done.
    #[cfg(all(unix, feature = "systemd"))]
    pub(crate) fn is_working(&self) -> bool {
        self.lifecycle.is_working()
    }

    pub(crate) fn close_task(&mut self, done: bool, now: Time) {
        self.progress(now, |lifecycle| lifecycle.close_task(done));
    }

    /// Keeps the history of every check from now on.
    pub(crate) fn keep_history(&mut self, now: Time) {
        if !std::mem::replace(&mut self.keeps_history, true) {
            for slot in &mut self.slots {
                slot.history = Some(Box::new(History::new(slot.told, now)));
            }
        }
    }

    /// The history of the check, if it is kept.
    pub(crate) fn history(&self, index: usize) -> Option<&History> {
        self.slots[index].history.as_deref()
    }

    /// What has been counted about each check since its history is kept.
    #[cfg_attr(
        not(any(feature = "serve", feature = "metrics-0_24")),
        allow(dead_code, reason = "nothing else shows metrics")
    )]
    pub(crate) fn counts(&self) -> Vec<Counts> {
        let counts = |slot: &Slot| slot.history.as_ref().map(|history| history.counts.clone());
        self.slots.iter().map(|slot| counts(slot).unwrap_or_default()).collect()
    }

    /// Queues an event that another part of the engine has made.
    pub(crate) fn say(&mut self, event: Event) {
        self.effects.events.push(event);
    }

    /// Updates what is known about the servers of the service.
    pub(crate) fn servers(&mut self, note: impl FnOnce(&mut Servers)) {
        let says = |lifecycle: &Lifecycle| (lifecycle.gate(false), lifecycle.blocks(Probe::Readiness));
        let before = says(&self.lifecycle);
        note(&mut self.lifecycle.servers);
        self.effects.changed |= says(&self.lifecycle) != before;
    }

    pub(crate) fn hold(&mut self) {
        self.lifecycle.hold();
        self.effects.changed = true;
    }

    pub(crate) fn release(&mut self) {
        self.lifecycle.release();
        self.effects.changed = true;
    }

    /// Begins the drain, for good. A second call changes nothing.
    pub(crate) fn drain(&mut self, drain: Duration, now: Time) {
        if let Some(drain) = self.lifecycle.drain(drain, now) {
            let drain = Some(drain).filter(|drain| !drain.is_zero());
            self.effects.events.push(Event::Draining { drain });
            self.effects.changed = true;
        }
    }
}

#[cfg(test)]
mod tests;
