//! The engine: runs the checks in the background and publishes what probes are answered from.
//!
//! ```text
//! core       every state as a pure function of what happened and of now
//!   plan       what was declared, defaults filled in
//!   phase      starting, running, draining; holds
//!   awake      time in which the process could run
//! view       what is published: immutable, read without the lock
//! asked      a probe that finds something to wait for
//! run        one run of one check, in a task of its own
//! driver     the pacemaker, the thread that everything else hangs on
//! trigger    what a check asks for a run with
//! shutdown   the way to the end: drain, close, stop; signals
//! onlooker   a look at the engine from the pacemaker's own tasks
//! clock      what time it is, and cheaply whether a moment has come
//! live       what is said once in the life of a process
//! by_hand    in a test: the clock is moved, and checks run when somebody says so
//! event      what the log is told
//! outbox     what waits to be told, in order
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
mod live;
mod onlooker;
mod outbox;
mod phase;
mod plan;
mod run;
mod scribe;
mod shutdown;
mod trigger;
mod view;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use fastrand::Rng;
use tokio::runtime::Handle;
use tokio::sync::{Notify, broadcast, watch};

pub(crate) use self::core::Core;
pub(crate) use self::event::Event;
pub(crate) use self::live::StateType;
pub(crate) use self::onlooker::Onlooker;
pub(crate) use self::plan::Plan;
pub(crate) use self::run::RunResult;
pub use self::trigger::Trigger;
pub(crate) use self::view::{Row, View};

use self::clock::Clock;
use self::core::Effects;
use self::live::Live;
use self::outbox::Outbox;
use self::phase::Stage;
use self::run::Spawned;
use self::scribe::Scribe;
use crate::contain;
use crate::events::Transition;
use crate::outcome::{CheckFuture, Reason, Status};
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

/// The checks, with the state they look at: what is left of `S` here.
pub(crate) trait Runner: Send + Sync {
    fn call(&self, index: usize) -> CheckFuture<'_>;
    fn is_disabled(&self, index: usize) -> bool;
}

pub(crate) struct Engine {
    pub(crate) service: ServiceSpec,
    /// Where the probes are, in the order of [`Probe::ALL`].
    pub(crate) paths: [String; 4],
    pub(crate) plans: Arc<[Plan]>,
    nests: Vec<Nest>,
    clock: Clock,
    core: Mutex<Core>,
    view: ArcSwap<View>,
    /// Until when `view` holds, in nanoseconds of `clock`. Written under the lock, after `view`.
    until: AtomicU64,
    /// Until when `view` answers each probe: no longer than `until`.
    until_asked: [AtomicU64; 4],
    draining: AtomicBool,
    /// Signal handlers are installed.
    listening: Arc<AtomicBool>,
    /// The last blocking run found no thread, and the log knows.
    threadless: AtomicBool,
    /// A nudge of the runtime is under way.
    nudging: Arc<AtomicBool>,
    changed: Arc<Notify>,
    outbox: Outbox,
    stage: watch::Sender<Stage>,
    /// Absent in a test that moves it by hand: nothing runs then by itself.
    handles: Option<Handles>,
    runner: Arc<dyn Runner>,
    live: OnceLock<Live>,
}

/// What an engine runs on.
struct Handles {
    /// The user's: checks run here.
    runtime: Handle,
    pacemaker: Handle,
}

impl Engine {
    /// Builds the engine and starts its threads. Checks run on `runtime`, the first of them after `attach`. Without a
    /// runtime there are no threads either, and no time passes by itself.
    pub(crate) fn start(
        service: ServiceSpec,
        plans: Vec<Plan>,
        nests: Vec<Nest>,
        runner: Arc<dyn Runner>,
        runtime: Option<Handle>,
        jitter: Rng,
        attach: impl FnOnce(&Arc<Self>),
    ) -> std::io::Result<Arc<Self>> {
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
            plans,
            nests,
            clock: handles.as_ref().map_or_else(Clock::by_hand, |_| Clock::new()),
            core: Mutex::new(core),
            view: ArcSwap::from_pointee(view),
            until: AtomicU64::new(0),
            until_asked: Default::default(),
            draining: AtomicBool::new(false),
            listening: Arc::default(),
            threadless: AtomicBool::new(false),
            nudging: Arc::default(),
            changed: Arc::default(),
            outbox: Outbox::new(scribe),
            stage: watch::Sender::new(Stage::Serving),
            handles,
            runner,
            live: OnceLock::new(),
        });
        if engine.service.heartbeat.is_some() {
            engine.watch_runtime();
        }
        attach(&engine); // before the first run: what that reads too early is asked for again
        if let Some(pacemaker) = pacemaker {
            engine.tick();
            pacemaker.start(&engine)?;
        }
        Ok(engine)
    }

    /// Says what a service should hear about an engine that really runs.
    pub(crate) fn announce(self: &Arc<Self>, state: StateType) {
        if self.handles.is_none() {
            return;
        }
        let (live, second) = Live::new(state);
        self.live.get_or_init(|| live);
        self.with(|core, _| {
            for event in live::panics_abort().into_iter().chain(second) {
                core.say(event);
            }
        });
    }

    /// The check of this name.
    pub(crate) fn check_named(&self, name: &str) -> Option<usize> {
        self.plans.iter().position(|plan| plan.spec.name() == name)
    }

    /// The checks of the nest of this name.
    pub(crate) fn nest_named(&self, name: &str) -> Option<Range<usize>> {
        let nest = self.nests.iter().find(|nest| nest.name == name)?;
        Some(nest.checks.clone())
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
            self.hold_view(|_| Time::ZERO);
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
        if effects.changed {
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
    pub(crate) fn fresh_view(&self, probe: Probe) -> Option<arc_swap::Guard<Arc<View>>> {
        self.view_until(&self.until_asked[probe as usize])
    }

    fn view_until(&self, until: &AtomicU64) -> Option<arc_swap::Guard<Arc<View>>> {
        // `until` before `view`: the view that is loaded is the one `until` speaks of, or a newer one.
        let until = until.load(Ordering::Acquire);
        self.clock.is_before(until).then(|| self.view.load())
    }

    /// The view as of now, rebuilt if it no longer holds. Waits for nothing, and runs nothing.
    pub(crate) fn view(self: &Arc<Self>) -> Arc<View> {
        if let Some(view) = self.view_until(&self.until) {
            return Arc::clone(&view);
        }
        self.with(|core, now| self.rebuilt(core, now))
    }

    fn rebuilt(&self, core: &mut Core, now: Time) -> Arc<View> {
        if let Some(view) = self.view_until(&self.until) {
            return Arc::clone(&view); // somebody else was faster
        }
        let (view, until) = core.view(now);
        let view = Arc::new(view);
        self.view.store(Arc::clone(&view));
        self.hold_view(|probe| probe.map_or(until.states(), |probe| until.probe(probe)));
        view
    }

    /// Says until when the view holds, and answers each probe. Under the lock.
    fn hold_view(&self, until: impl Fn(Option<Probe>) -> Time) {
        self.until.store(nanos(until(None)), Ordering::Release);
        for probe in Probe::ALL {
            let until = nanos(until(Some(probe)));
            self.until_asked[probe as usize].store(until, Ordering::Release);
        }
    }

    /// Has timers made from here on run on the pacemaker: neither a blocked runtime nor one without timers delays them.
    /// Where there is none they are the caller's.
    fn timers(&self) -> Option<tokio::runtime::EnterGuard<'_>> {
        self.handles.as_ref().map(|handles| handles.pacemaker.enter())
    }

    /// One tick of the pacemaker. Returns in how long the process is to be ended, should the engine end before the next
    /// tick, and whether that is to come at once.
    fn tick(self: &Arc<Self>) -> (Option<Duration>, bool) {
        let (more, busy, stage) = self.with(|core, now| {
            let more = core.tick(now);
            (more, core.is_busy(), core.lifecycle.stage(now))
        });
        if let Some(handles) = self.handles.as_ref().filter(|_| busy) {
            self.nudge(&handles.runtime);
        }
        self.view(); // so that what time alone changes is logged, even if nobody asks
        self.reach(stage);
        let exits_in = self.with(|core, now| core.lifecycle.exits_in(now));
        if exits_in.is_some_and(|left| left.is_zero()) {
            driver::exit(driver::GRACE_IS_OVER);
        }
        (exits_in, more)
    }

    /// A worker that a check blocks may be the one that was to serve timers and sockets. A spawn from outside wakes
    /// another. Where none wakes, it waits, and there is no second one.
    fn nudge(&self, runtime: &Handle) {
        if !self.nudging.swap(true, Ordering::Relaxed) {
            let nudging = Arc::clone(&self.nudging);
            drop(runtime.spawn(async move { nudging.store(false, Ordering::Relaxed) }));
        }
    }

    pub(crate) fn report(self: &Arc<Self>, probe: Probe) -> crate::Report {
        crate::Report::new(self, &self.view(), probe, None, usize::MAX)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.lock().abort_all();
        contain::run(|| self.changed.notify_waiters()); // an onlooker may wait
        self.outbox.end();
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
