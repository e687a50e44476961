//! The task that sends the notices. It runs on the watched runtime: if that is blocked, the watchdog gets no ping.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::{select, select_all};
use tokio::sync::watch;

use crate::engine::{Engine, EngineHandle, Event, State, WeakEngine, report};
use crate::spec::Probe;
use crate::systemd::environment::Environment;
use crate::systemd::notices::{Facts, Notices};
use crate::systemd::socket::Socket;

/// The probes whose changes end a pause.
const WATCHED: [Probe; 3] = [Probe::Liveness, Probe::Readiness, Probe::Startup];

/// At most this many checks are in the report that the headline is made of.
const REPORTED: usize = 1000;

/// The engine that systemd is told about. The variables belong to the process, so there is one.
static TOLD: Mutex<Weak<EngineHandle>> = Mutex::new(Weak::new());

/// Starts the task, unless nobody wants to be told, or another engine is told about.
pub(super) fn start(engine: &Arc<EngineHandle>) {
    let environment = Environment::read();
    let Some(manager) = environment.socket else { return };
    let own = Arc::downgrade(engine);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.strong_count() > 0 {
        let is_own = told.ptr_eq(&own);
        drop(told);
        if !is_own {
            engine.with(|core, _| core.say(Event::SecondNotifier));
        }
        return;
    }
    *told = own;
    drop(told);
    match Socket::open(&manager) {
        Ok(socket) => {
            let sender = Sender {
                engine: WeakEngine::new(engine.engine()),
                socket,
                notices: Notices::new(environment.watchdog),
                has_failed: false,
            };
            engine.spawn(sender.run(WATCHED.map(|probe| engine.watch(probe)).into()));
        }
        Err(error) => engine.with(|core, _| core.say(Event::NoNotices { error })),
    }
}

struct Sender {
    /// Not a handle: the task must not keep the engine running.
    engine: WeakEngine,
    socket: Socket,
    notices: Notices,
    /// Sending has failed, and the log has told it.
    has_failed: bool,
}

impl Sender {
    /// Sends what is due, until the engine has ended.
    async fn run(mut self, mut probes: Vec<watch::Receiver<State>>) {
        while let Some(facts) = self.engine.look(facts) {
            self.send(&facts);
            let pause = self.notices.pause(Instant::now(), &facts);
            self.wait(pause, &mut probes).await;
        }
    }

    fn send(&mut self, facts: &Facts) {
        let Some((message, told)) = self.notices.due(Instant::now(), facts) else {
            return;
        };
        match self.socket.send(&message) {
            Ok(()) => {
                self.notices = told;
                self.has_failed = false;
            }
            // It is sent again after the pause.
            Err(error) => {
                let is_news = !std::mem::replace(&mut self.has_failed, true);
                if is_news && error.kind() != io::ErrorKind::WouldBlock {
                    self.engine
                        .look(|engine| engine.with(|core, _| core.say(Event::NoNotices { error })));
                }
            }
        }
    }

    /// Waits until a probe has changed, but at most for the pause.
    async fn wait(&self, pause: Duration, probes: &mut [watch::Receiver<State>]) {
        let changed = select_all(probes.iter_mut().map(|probe| Box::pin(probe.changed())));
        select(Box::pin(self.engine.sleep(pause)), changed).await;
    }
}

fn facts(engine: &Arc<Engine>) -> Facts {
    let view = engine.view();
    let mut report = report(engine, &view, Probe::Readiness, None, REPORTED);
    let headline = report.headline();
    report.forget_times();
    Facts {
        phase: view.standing.phase,
        is_working: engine.with(|core, _| core.is_working()),
        is_alive: view.verdict(Probe::Liveness).passes(),
        headline,
        news: report.headline(),
    }
}
