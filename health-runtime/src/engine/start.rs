//! How an engine starts and ends.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use fastrand::Rng;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::engine::clock::Clock;
use crate::engine::core::lifecycle::Stage;
use crate::engine::log::once::{self, Live, StateType};
use crate::engine::log::outbox::Outbox;
use crate::engine::log::thread::LogThread;
use crate::engine::metrics::Requests;
use crate::engine::names::Names;
use crate::engine::pacemaker;
use crate::engine::publication::Publication;
use crate::engine::shutdown::exit::LAST_WORDS;
use crate::engine::shutdown::serving::Serving;
use crate::engine::shutdown::signals;
use crate::engine::watchers::Watchers;
use crate::engine::{Core, Engine, EngineHandle, Event, Handles, Plan, Runner, Time, runner};
use crate::kept::Kept;
use crate::panics;
use crate::report::Renderer;
use crate::spec::{Nest, Probe, ServiceSpec};
use crate::trigger::{Target, Trigger};

impl Engine {
    /// Builds the engine and starts its threads. Checks run on `runtime`. Without a runtime, the engine has no threads,
    /// and its clock stands still.
    pub(crate) fn start(
        service: ServiceSpec,
        bodies: Vec<Renderer>,
        plans: Vec<Plan>,
        nests: Vec<Nest>,
        runner: Box<dyn Runner>,
        runtime: Option<Handle>,
    ) -> std::io::Result<Arc<EngineHandle>> {
        let is_by_hand = runtime.is_none();
        let plans: Arc<[Plan]> = plans.into();
        let disabled = (0..plans.len()).map(|index| runner.is_disabled(index)).collect();
        let asking = (0..plans.len()).filter(|index| runner.asks_probe(*index)).collect();
        let budget = service.probe_budget;
        let mut core = Core::new(Arc::clone(&plans), disabled, budget, service.manual_start, Rng::new());
        let (view, _) = core.view(Time::ZERO);
        let pacemaker = runtime.is_some().then(pacemaker::Pacemaker::new).transpose()?;
        let handles = runtime.zip(pacemaker.as_ref()).map(|(runtime, pacemaker)| Handles {
            runtime,
            pacemaker: pacemaker.handle(),
        });
        let log_thread = pacemaker
            .as_ref()
            .map(|_| LogThread::start(Arc::clone(&plans)))
            .transpose()?;
        let engine = Arc::new(Self {
            service,
            bodies,
            names: Names::new(&plans, nests, asking),
            plans,
            clock: handles.as_ref().map_or_else(Clock::by_hand, |_| Clock::new()),
            core: Mutex::new(core),
            armed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            is_public: AtomicBool::new(false),
            requests: Requests::default(),
            probed: AtomicBool::new(false),
            server_runs: AtomicBool::new(false),
            threadless: AtomicBool::new(false),
            nudging: Arc::default(),
            changed: Arc::default(),
            outbox: Outbox::new(log_thread, Probe::ALL.map(|probe| view.verdict(probe))),
            view: Publication::new(view),
            stage: watch::channel(Stage::Serving).0,
            watchers: Watchers::new(),
            drain_started: watch::channel(false).0,
            serving: Serving::new(),
            handles,
            runner: runner::Hold::new(runner, is_by_hand),
            kept: Kept::default(),
            live: Mutex::default(),
            holders: OnceLock::new(),
        });
        if engine.service.stalled_after.is_some() {
            engine.watch_runtime();
        }
        engine.attach_all(); // before the first run, so that a change during that run asks for another run
        let handle = EngineHandle::new(Arc::clone(&engine));
        if let Some(pacemaker) = pacemaker {
            let (is_leaving, listening) = signals::register(&engine);
            if let Err(error) = listening {
                engine.with(|core, _| core.say(Event::NoSignals { error }));
            }
            if is_leaving {
                // The signal came before this engine existed. It counts here too, so that the process is ended after
                // the grace.
                engine.with(|core, _| core.lifecycle.signalled());
                engine.drain();
            }
            engine.tick();
            pacemaker.start(&engine)?;
        }
        Ok(handle)
    }

    fn attach_all(self: &Arc<Self>) {
        let Some(runner) = self.runner.get() else { return };
        for index in 0..self.plans.len() {
            runner.attach(index, Trigger::new(Arc::downgrade(self) as Weak<dyn Target>, index));
        }
    }

    /// Counts this engine for its state type, and logs the events of [`once`] that apply. Does nothing in a test that
    /// moves the clock.
    pub(crate) fn announce(self: &Arc<Self>, state: StateType) {
        if self.handles.is_none() {
            return;
        }
        let (live, second) = Live::new(state);
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(live);
        self.with(|core, _| {
            for event in once::panics_abort().into_iter().chain(second) {
                core.say(event);
            }
        });
    }

    /// Ends the engine when the last `Health` is dropped. Aborts the runs. Waits until the last events are logged and
    /// the state is dropped, at most [`LAST_WORDS`] for each.
    pub(super) fn end(&self) {
        self.lock().end();
        self.grant();
        panics::run(|| self.changed.notify_waiters()); // probes may be waiting
        panics::run(|| self.drain_started.send_replace(true));
        self.watchers.end();
        panics::run(|| self.serving.stop()); // connections outlive the engine, and their wakers may panic
        self.runner.let_go();
        drop(self.live.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.outbox.end();
        if self.handles.is_some() {
            self.outbox.flush(LAST_WORDS);
            self.runner.wait_gone(LAST_WORDS);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        signals::forget(self);
    }
}
