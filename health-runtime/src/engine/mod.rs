//! The engine: runs the checks in the background, and publishes a view that answers the probes.
//!
//! ```text
//! core         computes every state from the events so far and the time; does no I/O
//! state        a status and its reason
//! view         what is published: immutable, read without the lock
//! publication  the latest view, and until when each probe may use it
//! report       makes a report from a view
//! metrics      collects the metrics
//! probe        a probe that has to wait
//! said         what a run said beside its state
//! run          one run of one check, in a task or on a thread of its own
//! runner       the checks with the user's state, and how they are dropped
//! start        how an engine starts and ends
//! pacemaker    the thread that ticks
//! shutdown     the end of the service: stages, signals, exit, listeners
//! log          the events for the log and the subscribers
//! queue        events in order, delivered by one thread at a time
//! handle       what every `Health` holds; the engine ends when the last one is dropped
//! weak         a reference to the engine that does not keep it running
//! selection    the checks that a request asks about
//! names        finds checks by name
//! clock        the time, and a cheap test whether a moment is in the future
//! sync         the types of `publication` and `queue`, which their test replaces
//! watchers     those who are woken when a new view shows a change
//! test_kit     the engine of a test: the test moves the clock and starts the runs
//! ```
//!
//! This file has the lock, and carries out the effects of a change after the lock is released.

mod clock;
mod core;
mod handle;
mod log;
#[cfg_attr(
    not(any(feature = "serve", feature = "metrics-0_24")),
    allow(dead_code, reason = "nothing else shows metrics")
)]
mod metrics;
mod names;
mod pacemaker;
mod probe;
mod publication;
mod queue;
mod report;
mod run;
mod runner;
mod said;
mod selection;
mod shutdown;
mod start;
mod state;
mod sync;
#[cfg(feature = "testing")]
mod test_kit;
mod view;
#[cfg_attr(
    not(feature = "tonic-0_14"),
    allow(dead_code, reason = "only gRPC has such watchers")
)]
mod watchers;
mod weak;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, broadcast, watch};

pub(crate) use self::core::Core;
pub(crate) use self::core::plan::Plan;
#[cfg(feature = "serve")]
pub(crate) use self::core::servers::Servers;
#[cfg(feature = "kubernetes")]
pub(crate) use self::core::{BLOCKING_RUNS, FIRST_RETRY, LONG_RUN, STUCK_AFTER};
pub(crate) use self::handle::EngineHandle;
pub(crate) use self::log::event::Event;
pub(crate) use self::log::once::StateType;
pub(crate) use self::names::{Named, Names};
#[cfg(feature = "kubernetes")]
pub(crate) use self::pacemaker::TICK;
pub(crate) use self::report::report;
pub(crate) use self::run::RunResult;
pub(crate) use self::runner::Runner;
pub(crate) use self::said::Said;
pub(crate) use self::selection::{Selection, WHOLE, common};
#[cfg(feature = "axum")]
pub(crate) use self::shutdown::serving::ConnectionGuard;
pub(crate) use self::shutdown::serving::Serving;
#[cfg(any(feature = "actix-web-4", feature = "axum"))]
pub(crate) use self::shutdown::serving::{Call, ListenerGuard};
pub(crate) use self::state::State;
pub(crate) use self::view::View;
pub(crate) use self::weak::WeakEngine;

use self::clock::Clock;
use self::core::Effects;
use self::core::lifecycle::Stage;
#[cfg(not(feature = "serve"))]
use self::core::servers::Servers;
use self::log::once::Live;
use self::log::outbox::Outbox;
use self::metrics::Requests;
use self::publication::Publication;
use self::run::Spawned;
use self::sync::Loaded;
use self::watchers::Watchers;
use crate::kept::Kept;
use crate::panics;
use crate::report::{Renderer, Transition};
use crate::spec::{Probe, ServiceSpec};
use crate::trigger::Target;

/// At most this many checks are in the report that a headline of the log is made of: it is made under the lock.
const EXPLAINED: usize = 1000;

/// The default of `stalled_after` if the runtime is watched.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);

/// Time since the engine was built.
pub(crate) type Time = Duration;

pub(crate) struct Engine {
    pub(crate) service: ServiceSpec,
    /// The functions of the service that render a body of its own.
    pub(crate) bodies: Vec<Renderer>,
    pub(crate) plans: Arc<[Plan]>,
    pub(crate) names: Names,
    clock: Clock,
    core: Mutex<Core>,
    view: Publication<View, { Probe::ALL.len() }>,
    /// Probes exist. So everything that starting waits for has been declared.
    armed: AtomicBool,
    draining: AtomicBool,
    /// The public probes have been handed out.
    is_public: AtomicBool,
    pub(crate) requests: Requests,
    /// A probe has been requested since the last tick.
    probed: AtomicBool,
    /// A server of the application runs.
    server_runs: AtomicBool,
    /// No thread could be spawned for the last blocking run, and this has been logged.
    threadless: AtomicBool,
    /// The task of [`nudge`](Self::nudge) waits for a worker.
    nudging: Arc<AtomicBool>,
    changed: Arc<Notify>,
    outbox: Outbox,
    stage: watch::Sender<Stage>,
    watchers: Watchers,
    /// The drain has begun, or the engine has ended.
    drain_started: watch::Sender<bool>,
    pub(crate) serving: Arc<Serving>,
    /// `None` in a test that moves the clock: nothing then runs by itself.
    handles: Option<Handles>,
    runner: runner::Hold,
    kept: Kept,
    live: Mutex<Option<Live>>,
    holders: OnceLock<Weak<EngineHandle>>,
}

/// The runtimes of an engine.
struct Handles {
    /// The application's runtime. Checks run here.
    runtime: Handle,
    pacemaker: Handle,
}

impl Engine {
    /// The check of this name.
    #[cfg(feature = "testing")]
    pub(crate) fn check_named(&self, name: &str) -> Option<usize> {
        match self.names.named(name)? {
            Named::Check(index) => Some(*index),
            Named::Nest(_) => None,
        }
    }

    /// Notes that probes exist. A service may call this with each request: only the first call has an effect.
    pub(crate) fn arm(self: &Arc<Self>) {
        if !self.armed.load(Ordering::Acquire) {
            self.with(Core::arm);
            self.armed.store(true, Ordering::Release);
        }
    }

    /// Asks for a run of each of these checks. Does nothing in a test that moves the clock.
    pub(crate) fn request(self: &Arc<Self>, mut checks: Range<usize>) {
        if self.handles.is_none() {
            return;
        }
        self.with(|core, now| match (checks.next(), checks.len()) {
            (Some(only), 0) => core.request(only, now),
            (first, _) => core.request_all(first.into_iter().chain(checks), now),
        });
    }

    /// Calls `act` with the core under the lock. After the lock is released, carries out the effects. So no user code,
    /// no subscriber of `tracing` and no waker runs under the lock.
    pub(crate) fn with<R>(self: &Arc<Self>, act: impl FnOnce(&mut Core, Time) -> R) -> R {
        let (result, effects) = self.act(act);
        self.carry_out(effects);
        result
    }

    fn act<R>(&self, act: impl FnOnce(&mut Core, Time) -> R) -> (R, Effects) {
        let mut core = self.lock();
        let now = self.clock.now();
        if self.handles.is_none() {
            core.stay_awake(now); // a test that moves the clock has no freezes
        }
        let result = act(&mut core, now);
        let mut effects = core.take_effects();
        if effects.changed {
            self.view.void();
        }
        for (probe, asked_for) in effects.asked_for.into_iter().enumerate() {
            if let Some(asked_for) = asked_for {
                self.view.ask_by(probe, nanos(asked_for));
            }
        }
        self.outbox.put(std::mem::take(&mut effects.events));
        (result, effects)
    }

    /// A poisoned lock is used like any other, because nothing under the lock can panic in the middle of a change.
    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry_out(self: &Arc<Self>, mut effects: Effects) {
        if let Some(Handles { runtime, .. }) = &self.handles {
            // A loop and not recursion: if no thread can be spawned for a run, the next waiting run is tried.
            while let Some((index, run)) = effects.start.pop_front() {
                match run::spawn(self, runtime, index) {
                    Spawned::Task(abort) => self.lock().keep_abort(index, run, abort),
                    Spawned::Ended => {}
                    Spawned::Thread => self.threadless.store(false, Ordering::Relaxed),
                    Spawned::Nothing(result, error) => {
                        let is_news = !self.threadless.swap(true, Ordering::Relaxed);
                        let ((), more) = self.act(|core, now| {
                            if is_news {
                                core.say(Event::NoThread { index, error });
                            }
                            core.finished(index, result, now);
                        });
                        effects.extend(more);
                    }
                }
            }
            if effects.beat {
                run::spawn_beat(self, runtime);
            }
        }
        if effects.changed || effects.arrived {
            panics::run(|| self.changed.notify_waiters()); // a waker may panic
        }
        self.outbox.tell(&self.plans);
        if effects.moved {
            self.watchers.wake();
        }
    }

    /// Keeps the history of every check from now on, because somebody can read it.
    pub(crate) fn keep_history(self: &Arc<Self>) {
        self.with(Core::keep_history);
    }

    /// Watches the runtime from now on. The service asks for this with `stalled_after`, or with `serve` or
    /// `serve_internal`, which can still answer during a stall.
    pub(crate) fn watch_runtime(self: &Arc<Self>) {
        if self.handles.is_none() {
            return;
        }
        let limit = self.service.stalled_after.unwrap_or(HEARTBEAT);
        self.with(|core, now| core.watch(limit, now));
    }

    /// Receives every transition from now on.
    pub(crate) fn transitions(&self) -> broadcast::Receiver<Transition> {
        self.outbox.transitions()
    }

    /// The state of the probe, and its changes from now on.
    pub(crate) fn watch(&self, probe: Probe) -> watch::Receiver<State> {
        self.outbox.verdict(probe)
    }

    /// The view, if it answers this probe now. Reads the clock, and takes no lock.
    pub(crate) fn fresh_view(&self, probe: Probe) -> Option<Loaded<View>> {
        self.view.answer(probe as usize, |until| self.clock.is_before(until))
    }

    /// The published view, if it is still valid.
    fn held_view(&self) -> Option<Arc<View>> {
        let view = self.view.fresh(|until| self.clock.is_before(until))?;
        Some(Arc::clone(&view))
    }

    /// The current view. Rebuilds it if it is no longer valid. Waits for nothing, and runs no check.
    pub(crate) fn view(self: &Arc<Self>) -> Arc<View> {
        let held = self.held_view();
        held.unwrap_or_else(|| self.with(|core, now| self.rebuilt(core, now)))
    }

    fn rebuilt(&self, core: &mut Core, now: Time) -> Arc<View> {
        if let Some(view) = self.held_view() {
            return view; // another thread was faster
        }
        let (view, until) = core.view(now);
        core.explain_readiness(|| report(self, &view, Probe::Readiness, None, EXPLAINED).headline());
        let view = Arc::new(view);
        let asked = Probe::ALL.map(|probe| nanos(until.probe(probe)));
        self.view.publish(Arc::clone(&view), nanos(until.states()), asked);
        view
    }

    /// The view for a probe that has nothing to wait for. Until it expires, further probes use it without the core.
    fn answered(&self, core: &mut Core, probe: Probe, now: Time) -> Arc<View> {
        let Some(view) = self.held_view() else {
            return self.rebuilt(core, now);
        };
        let asked_for = nanos(core.asked_for(probe, now));
        self.view.answers_until(probe as usize, asked_for);
        view
    }

    /// While the guard lives, new timers belong to the pacemaker. So they work even if the application's runtime is
    /// blocked or has no timers. In a test that moves the clock there is no pacemaker, and timers belong to the
    /// caller's runtime.
    fn timers(&self) -> Option<tokio::runtime::EnterGuard<'_>> {
        self.handles.as_ref().map(|handles| handles.pacemaker.enter())
    }

    /// One tick of the pacemaker. Returns whether more runs are due than one tick starts. Then the next tick comes
    /// early.
    fn tick(self: &Arc<Self>) -> bool {
        if self.probed.swap(false, Ordering::Relaxed) {
            self.serving.saw();
        }
        let is_watched = self.watchers.any();
        let (more, busy, stage) = self.with(|core, now| {
            let more = core.tick(now);
            if is_watched && core.ask_again(now) {
                self.note_probe();
            }
            if core.lifecycle.is_waiting(now) && self.serving.is_idle(shutdown::QUIET) {
                core.lifecycle.close_now(now);
            }
            (more, core.is_busy(), self.stage(core, now))
        });
        if let Some(handles) = self.handles.as_ref().filter(|_| busy) {
            self.nudge(&handles.runtime);
        }
        // A tick builds a view, so that changes by time alone are logged even without a probe. Thousands of first runs
        // start in slices, one every millisecond. A view for each slice would take longer than the runs, so only some
        // of these ticks build one.
        if !more || self.clock.now().saturating_sub(self.view.latest().standing.at) >= pacemaker::TICK {
            self.view();
        }
        self.reach(stage);
        more
    }

    /// Wakes a worker of the runtime, because a check may block the worker that polls timers and sockets. A task that
    /// is spawned from outside wakes another worker. If no worker is free, the task waits, and no second one is
    /// spawned.
    fn nudge(&self, runtime: &Handle) {
        if !self.nudging.swap(true, Ordering::Relaxed) {
            let nudging = Arc::clone(&self.nudging);
            drop(runtime.spawn(async move { nudging.store(false, Ordering::Relaxed) }));
        }
    }

    /// Notes that the public probes have been handed out. Further calls are cheap.
    pub(crate) fn offer_public(self: &Arc<Self>) {
        if !self.is_public.load(Ordering::Acquire) {
            self.with(|core, _| core.servers(Servers::offer_public));
            self.is_public.store(true, Ordering::Release);
        }
    }

    /// Notes a request for a probe, through any server. Further calls are cheap.
    pub(crate) fn note_probe(&self) {
        if !self.probed.load(Ordering::Relaxed) {
            self.probed.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that a server of the application runs. Further calls are cheap.
    pub(crate) fn note_server(self: &Arc<Self>) {
        if self.server_runs.load(Ordering::Relaxed) || self.server_runs.swap(true, Ordering::Relaxed) {
            return;
        }
        let is_unattended = self.handles.is_some() && shutdown::signals::is_unattended();
        self.with(|core, _| {
            core.servers(Servers::run);
            if is_unattended {
                core.say(Event::NoShutdown);
            }
        });
    }

    /// Whether the engine has threads. In a test that moves the clock it has none.
    #[cfg(feature = "serve")]
    pub(crate) fn has_threads(&self) -> bool {
        self.handles.is_some()
    }

    /// Spawns a task on the runtime that the checks run on. Does nothing in a test that moves the clock.
    #[cfg(any(feature = "metrics-0_24", all(unix, feature = "systemd")))]
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(handles) = &self.handles {
            drop(handles.runtime.spawn(task));
        }
    }

    /// How many handles keep the engine running.
    fn holders(&self) -> usize {
        handle::holders(self.holders.get())
    }

    pub(crate) fn report(self: &Arc<Self>, probe: Probe) -> crate::Report {
        report(self, &self.view(), probe, None, usize::MAX)
    }
}

impl Target for Engine {
    fn request_one(self: Arc<Self>, index: usize) {
        self.request(index..index + 1);
    }

    fn lost(self: Arc<Self>) -> Duration {
        self.with(|core, now| core.awake.lost(now))
    }

    fn time_left(self: Arc<Self>, index: usize) -> Option<Duration> {
        self.with(|core, now| core.time_left(index, now))
    }

    fn max_age(&self, index: usize) -> Duration {
        self.plans[index].max_age
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The time in nanoseconds. A `u64` has room for 584 years.
fn nanos(time: Time) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, feature = "testing"))] // the tests need a clock that stands still
mod tests;
