//! The engine: runs the checks in the background and publishes what probes are answered from.
//!
//! ```text
//! core       every state as a pure function of what happened and of now
//!   plan       what was declared, defaults filled in
//!   phase      starting, running, draining; holds
//!   servers    whether anybody serves
//!   awake      time in which the process could run
//! view       what is published: immutable, read without the lock
//!   publication  who may use it until when
//! asked      a probe that finds something to wait for
//! run        one run of one check, in a task of its own
//! runner     the checks with the user's state, and who drops them
//! driver     the pacemaker, the thread that everything else hangs on
//! trigger    what a check asks for a run with
//! shutdown   the way to the end: drain, close, stop
//! serving    what the application's listeners and connections are doing
//! signals    what asks the process to end, for all engines in it
//! exit       what ends a process that does not end by itself
//! handle     what every `Health` holds: the engine ends with the last of them
//! selection  which checks a question is about
//! names      what stands behind a name
//! onlooker   a look at the engine that does not keep it alive
//! clock      what time it is, and cheaply whether a moment has come
//! live       what is said once in the life of a process
//! by_hand    in a test: the clock is moved, and checks run when somebody says so
//! event      what the log is told
//! outbox     what waits to be told, in order
//!   queue      told by one thread at a time
//! scribe     the thread that writes the log
//! ```
//!
//! This file is what holds them together: the lock, and what is done once it is released.

mod asked;
mod awake;
#[cfg(feature = "testing")]
mod by_hand;
mod clock;
mod core;
mod driver;
mod event;
mod exit;
mod handle;
mod live;
mod names;
mod onlooker;
mod outbox;
mod phase;
mod plan;
mod publication;
mod queue;
mod run;
mod runner;
mod scribe;
mod selection;
#[cfg_attr(not(feature = "axum"), allow(dead_code, reason = "there is no listener of ours"))]
mod servers;
#[cfg_attr(not(feature = "axum"), allow(dead_code, reason = "there is no listener of ours"))]
mod serving;
mod shutdown;
mod signals;
mod sync;
mod trigger;
mod view;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use fastrand::Rng;
use tokio::runtime::Handle;
use tokio::sync::{Notify, broadcast, watch};

pub(crate) use self::core::Core;
pub(crate) use self::event::Event;
pub(crate) use self::handle::EngineHandle;
pub(crate) use self::live::StateType;
pub(crate) use self::names::{Named, Names};
pub(crate) use self::onlooker::Onlooker;
pub(crate) use self::plan::Plan;
pub(crate) use self::run::RunResult;
#[cfg(feature = "sqlx-sqlite")]
pub(crate) use self::run::time_left;
pub(crate) use self::runner::Runner;
pub(crate) use self::selection::{Selection, WHOLE, common};
#[cfg(feature = "axum")]
pub(crate) use self::servers::Servers;
pub(crate) use self::serving::Serving;
#[cfg(feature = "axum")]
pub(crate) use self::serving::{Call, ConnectionGuard, ListenerGuard};
pub use self::trigger::Trigger;
pub(crate) use self::view::View;

use self::clock::Clock;
use self::core::Effects;
use self::exit::LAST_WORDS;
use self::live::Live;
use self::outbox::Outbox;
use self::phase::Stage;
use self::publication::Publication;
use self::run::Spawned;
use self::scribe::Scribe;
#[cfg(not(feature = "axum"))]
use self::servers::Servers;
use self::sync::Loaded;
use crate::contain;
use crate::events::Transition;
use crate::outcome::{Reason, Status};
use crate::spec::{Nest, Probe, ServiceSpec};

/// How long a silence of the runtime is a stall, where it is watched and nobody has said.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Time since the engine was built.
pub(crate) type Time = Duration;

/// A status, and the reason for it where it is not simply healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) reason: Option<Reason>,
}

impl State {
    pub(crate) const HEALTHY: Self = Self {
        status: Status::Healthy,
        reason: None,
    };

    pub(crate) const fn unhealthy(reason: Reason) -> Self {
        Self {
            status: Status::Unhealthy,
            reason: Some(reason),
        }
    }
}

pub(crate) struct Engine {
    pub(crate) service: ServiceSpec,
    /// Where the probes are, in the order of [`Probe::ALL`].
    pub(crate) paths: [String; 4],
    pub(crate) plans: Arc<[Plan]>,
    pub(crate) names: Names,
    clock: Clock,
    core: Mutex<Core>,
    view: Publication<View, { Probe::ALL.len() }>,
    /// There are probes, so that whatever starting waits for has been declared.
    armed: AtomicBool,
    draining: AtomicBool,
    /// The public probes have been handed out.
    is_public: AtomicBool,
    /// A server of the application is known to run.
    server_runs: AtomicBool,
    /// Somebody has asked a public probe since the last tick.
    asked: AtomicBool,
    /// The last blocking run found no thread, and the log knows.
    threadless: AtomicBool,
    /// A nudge of the runtime is under way.
    nudging: Arc<AtomicBool>,
    changed: Arc<Notify>,
    outbox: Outbox,
    stage: watch::Sender<Stage>,
    pub(crate) serving: Arc<Serving>,
    /// Absent in a test that moves it by hand: nothing runs then by itself.
    handles: Option<Handles>,
    runner: runner::Hold,
    live: Mutex<Option<Live>>,
    holders: OnceLock<Weak<EngineHandle>>,
}

/// What an engine runs on.
struct Handles {
    /// The user's: checks run here.
    runtime: Handle,
    pacemaker: Handle,
}

impl Engine {
    /// Builds the engine and starts its threads. Checks run on `runtime`. Without a runtime there are no threads either, and
    /// no time passes by itself.
    pub(crate) fn start(
        service: ServiceSpec,
        plans: Vec<Plan>,
        nests: Vec<Nest>,
        runner: Box<dyn Runner>,
        runtime: Option<Handle>,
        jitter: Rng,
    ) -> std::io::Result<Arc<EngineHandle>> {
        let is_by_hand = runtime.is_none();
        let plans: Arc<[Plan]> = plans.into();
        let disabled = (0..plans.len()).map(|index| runner.is_disabled(index)).collect();
        let budget = service.probe_budget;
        let mut core = Core::new(Arc::clone(&plans), disabled, budget, service.manual_start, jitter);
        let (view, _) = core.view(Time::ZERO);
        let pacemaker = runtime.is_some().then(driver::Pacemaker::new).transpose()?;
        let handles = runtime.zip(pacemaker.as_ref()).map(|(runtime, pacemaker)| Handles {
            runtime,
            pacemaker: pacemaker.handle(),
        });
        let scribe = pacemaker
            .as_ref()
            .map(|_| Scribe::start(Arc::clone(&plans)))
            .transpose()?;
        let engine = Arc::new(Self {
            paths: service.paths(),
            service,
            names: Names::new(&plans, nests),
            plans,
            clock: handles.as_ref().map_or_else(Clock::by_hand, |_| Clock::new()),
            core: Mutex::new(core),
            view: Publication::new(view),
            armed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            is_public: AtomicBool::new(false),
            server_runs: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            threadless: AtomicBool::new(false),
            nudging: Arc::default(),
            changed: Arc::default(),
            outbox: Outbox::new(scribe),
            stage: watch::Sender::new(Stage::Serving),
            serving: Serving::new(),
            handles,
            runner: runner::Hold::new(runner, is_by_hand),
            live: Mutex::default(),
            holders: OnceLock::new(),
        });
        if engine.service.heartbeat.is_some() {
            engine.watch_runtime();
        }
        engine.attach_all(); // before the first run: what that reads too early is asked for again
        let handle = EngineHandle::new(Arc::clone(&engine));
        if let Some(pacemaker) = pacemaker {
            if let Err(error) = signals::register(&engine) {
                engine.with(|core, _| core.say(Event::NoSignals { error }));
            }
            engine.tick();
            pacemaker.start(&engine)?;
        }
        Ok(handle)
    }

    fn attach_all(self: &Arc<Self>) {
        let Some(runner) = self.runner.get() else { return };
        for index in 0..self.plans.len() {
            runner.attach(index, Trigger::new(self, index));
        }
    }

    /// Says what a service should hear about an engine that really runs.
    pub(crate) fn announce(self: &Arc<Self>, state: StateType) {
        if self.handles.is_none() {
            return;
        }
        let (live, second) = Live::new(state);
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(live);
        self.with(|core, _| {
            for event in live::panics_abort().into_iter().chain(second) {
                core.say(event);
            }
        });
    }

    /// The check of this name.
    #[cfg(feature = "testing")]
    pub(crate) fn check_named(&self, name: &str) -> Option<usize> {
        match self.names.named(name)? {
            Named::Check(index) => Some(*index),
            Named::Nest(_) => None,
        }
    }

    /// There are probes from now on. A service may ask for them with each request: only the first one changes anything.
    pub(crate) fn arm(self: &Arc<Self>) {
        if !self.armed.load(Ordering::Acquire) {
            self.with(Core::arm);
            self.armed.store(true, Ordering::Release);
        }
    }

    /// Asks for a run of each of these checks. In a test that moves the clock nothing runs by itself.
    pub(crate) fn request(self: &Arc<Self>, mut checks: Range<usize>) {
        if self.handles.is_none() {
            return;
        }
        self.with(|core, now| match (checks.next(), checks.len()) {
            (Some(only), 0) => core.request(only, now),
            (first, _) => core.request_all(first.into_iter().chain(checks), now),
        });
    }

    /// Does something to the core under the lock, and what follows from it after the lock is released: no user code,
    /// no subscriber of `tracing` and no waker ever runs under it.
    pub(crate) fn with<R>(self: &Arc<Self>, act: impl FnOnce(&mut Core, Time) -> R) -> R {
        let (result, effects) = self.act(act);
        self.carry_out(effects);
        result
    }

    fn act<R>(&self, act: impl FnOnce(&mut Core, Time) -> R) -> (R, Effects) {
        let mut core = self.lock();
        let now = self.clock.now();
        if self.handles.is_none() {
            core.stay_awake(now); // nothing freezes while a test moves the clock
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

    /// Nothing that can panic halfway runs under the lock, so a poisoned one is as good as new.
    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry_out(self: &Arc<Self>, mut effects: Effects) {
        if let Some(Handles { runtime, .. }) = &self.handles {
            // Not by recursion: a run that finds no thread frees one for the next.
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
            contain::run(|| self.changed.notify_waiters()); // wakers are somebody else's
        }
        self.outbox.tell(&self.plans);
    }

    /// Watches the runtime from now on: with `serve_internal` there is somebody to tell of a stall.
    pub(crate) fn watch_runtime(self: &Arc<Self>) {
        if self.handles.is_none() {
            return;
        }
        let limit = self.service.heartbeat.unwrap_or(HEARTBEAT);
        self.with(|core, now| core.watch(limit, now));
    }

    /// Every transition from now on.
    pub(crate) fn transitions(&self) -> broadcast::Receiver<Transition> {
        self.outbox.transitions()
    }

    /// What the readiness probe says.
    pub(crate) fn readiness(&self) -> watch::Receiver<State> {
        self.outbox.readiness()
    }

    /// The view, if it answers this probe now: one clock read, no lock.
    pub(crate) fn fresh_view(&self, probe: Probe) -> Option<Loaded<View>> {
        self.view.answer(probe as usize, |until| self.clock.is_before(until))
    }

    /// The view, if it holds.
    fn held_view(&self) -> Option<Arc<View>> {
        let view = self.view.fresh(|until| self.clock.is_before(until))?;
        Some(Arc::clone(&view))
    }

    /// The view as of now, rebuilt if it no longer holds. Waits for nothing, and runs nothing.
    pub(crate) fn view(self: &Arc<Self>) -> Arc<View> {
        let held = self.held_view();
        held.unwrap_or_else(|| self.with(|core, now| self.rebuilt(core, now)))
    }

    fn rebuilt(&self, core: &mut Core, now: Time) -> Arc<View> {
        if let Some(view) = self.held_view() {
            return view; // somebody else was faster
        }
        let (view, until) = core.view(now);
        let view = Arc::new(view);
        let asked = Probe::ALL.map(|probe| nanos(until.probe(probe)));
        self.view.publish(Arc::clone(&view), nanos(until.states()), asked);
        view
    }

    /// The view that answers a probe which has nothing to wait for. What it has looked for, the next need not look for.
    fn answered(&self, core: &mut Core, probe: Probe, now: Time) -> Arc<View> {
        let Some(view) = self.held_view() else {
            return self.rebuilt(core, now);
        };
        let asked_for = nanos(core.asked_for(probe, now));
        self.view.answers_until(probe as usize, asked_for);
        view
    }

    /// Has timers made from here on run on the pacemaker: neither a blocked runtime nor one without timers delays them.
    /// Where there is none they are the caller's.
    fn timers(&self) -> Option<tokio::runtime::EnterGuard<'_>> {
        self.handles.as_ref().map(|handles| handles.pacemaker.enter())
    }

    /// One tick of the pacemaker. Returns whether the next one is to come at once.
    fn tick(self: &Arc<Self>) -> bool {
        if self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::Relaxed) {
            self.serving.saw();
        }
        let (more, busy, stage) = self.with(|core, now| {
            let more = core.tick(now);
            if core.lifecycle.is_waiting(now) && self.serving.is_idle(shutdown::QUIET) {
                core.lifecycle.close_now(now);
            }
            (more, core.is_busy(), self.stage(core, now))
        });
        if let Some(handles) = self.handles.as_ref().filter(|_| busy) {
            self.nudge(&handles.runtime);
        }
        // So that what time alone changes is logged, even if nobody asks. Thousands of first runs start in slices, one
        // every millisecond: a view for each would take longer than the runs.
        if !more || self.clock.now().saturating_sub(self.view.latest().standing.at) >= driver::TICK {
            self.view();
        }
        self.reach(stage);
        more
    }

    /// A worker that a check blocks may be the one that was to serve timers and sockets. A spawn from outside wakes
    /// another. Where none wakes, it waits, and there is no second one.
    fn nudge(&self, runtime: &Handle) {
        if !self.nudging.swap(true, Ordering::Relaxed) {
            let nudging = Arc::clone(&self.nudging);
            drop(runtime.spawn(async move { nudging.store(false, Ordering::Relaxed) }));
        }
    }

    /// The last `Health` is gone: nothing runs any more, and what is left to log is logged, if the log takes it in time.
    fn end(&self) {
        self.lock().end();
        self.grant();
        contain::run(|| self.changed.notify_waiters()); // an onlooker may wait
        contain::run(|| self.serving.stop()); // connections outlive it, and their wakers are somebody else's
        self.runner.let_go();
        drop(self.live.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.outbox.end();
        if self.handles.is_some() {
            self.outbox.flush(LAST_WORDS);
            self.runner.wait_gone(LAST_WORDS);
        }
    }

    /// The public probes are handed out: cheap to say again.
    pub(crate) fn offer_public(self: &Arc<Self>) {
        if !self.is_public.load(Ordering::Acquire) {
            self.with(|core, _| core.servers(|servers| servers.offer(true)));
            self.is_public.store(true, Ordering::Release);
        }
    }

    /// Somebody asks a public probe, and has found the application's server running.
    pub(crate) fn note_asked(self: &Arc<Self>) {
        if !self.asked.load(Ordering::Relaxed) {
            self.asked.store(true, Ordering::Relaxed); // the next tick sees it
        }
        self.note_server();
    }

    /// A server of the application runs: cheap to say again.
    pub(crate) fn note_server(self: &Arc<Self>) {
        if self.server_runs.load(Ordering::Relaxed) || self.server_runs.swap(true, Ordering::Relaxed) {
            return;
        }
        let is_unattended = self.handles.is_some() && signals::is_unattended();
        self.with(|core, _| {
            core.servers(Servers::run);
            if is_unattended {
                core.say(Event::NoShutdown);
            }
        });
    }

    /// Whether it really runs, and not in a test that moves the clock.
    #[cfg(feature = "axum")]
    pub(crate) fn has_threads(&self) -> bool {
        self.handles.is_some()
    }

    /// How many handles keep it running.
    fn holders(&self) -> usize {
        handle::holders(self.holders.get())
    }

    pub(crate) fn report(self: &Arc<Self>, probe: Probe) -> crate::Report {
        crate::Report::new(self, &self.view(), probe, None, usize::MAX)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        signals::forget(self);
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// 584 years fit.
fn nanos(time: Time) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, feature = "testing"))] // a clock that stands still
mod tests;
