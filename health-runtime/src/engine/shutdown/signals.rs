//! The signals that end the process: one thread for all engines in it.
//!
//! A signal handler belongs to the process and stays until the process ends. So there is one set of handlers, with one
//! thread, which notifies every engine that is alive. An engine that has ended is removed, and has no effect on others.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
#[cfg(unix)]
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::engine::Engine;
use crate::engine::pacemaker::TICK;
use crate::engine::shutdown::exit::{exit, exit_late};

/// Signals of one kind within this time are one: a supervisor sends it to the process group and to the process.
const SAME_SIGNAL: Duration = Duration::from_secs(1);

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    engines: Vec::new(),
    listening: false,
    leaving: false,
    exit_at: None,
});

/// Whether `shutdown_signal` was called in this process. Otherwise the engine never ends the process.
static EXPECTED: AtomicBool = AtomicBool::new(false);

/// Whether something waits for the end of a drain, with `shutdown_signal` or `drain_finished`.
static ATTENDED: AtomicBool = AtomicBool::new(false);

struct Registry {
    engines: Vec<Weak<Engine>>,
    /// The handlers are installed.
    listening: bool,
    /// A signal has asked the process to end.
    leaving: bool,
    /// When the process is ended if it still runs: the latest end of a grace among the engines.
    exit_at: Option<Instant>,
}

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Signal {
    /// SIGTERM: from an orchestrator, which also removes the instance from load balancing.
    Terminate,
    /// SIGINT: from a person, who waits.
    Interrupt,
}

/// Registers an engine. It gets every signal from now on, as soon as the handlers are installed.
///
/// In process 1, as in most containers, this installs the handlers: without a handler, process 1 ignores SIGTERM
/// anyway. So a service that gets a signal while it starts never becomes ready.
///
/// Also returns whether a signal has asked the process to end before. The engine does not get that signal any more.
pub(in crate::engine) fn register(engine: &Arc<Engine>) -> (bool, io::Result<()>) {
    let mut registry = registry();
    registry.engines.retain(|engine| engine.strong_count() > 0);
    registry.engines.push(Arc::downgrade(engine));
    let listening = if process::id() == 1 { registry.listen() } else { Ok(()) };
    (registry.leaving, listening)
}

/// Removes an engine that has ended.
pub(in crate::engine) fn forget(ended: *const Engine) {
    let ends = |engine: &Weak<Engine>| engine.as_ptr() == ended;
    registry().engines.retain(|engine| !ends(engine));
}

/// Installs the signal handlers, unless they are installed. They stay until the process ends.
pub(in crate::engine) fn listen() -> io::Result<()> {
    registry().listen()?;
    EXPECTED.store(true, Ordering::Relaxed);
    attend();
    Ok(())
}

/// Notes that the drain of an engine is over: the process now has this long to end.
pub(in crate::engine) fn grant(grace: Duration) {
    let mut registry = registry();
    registry.exit_at = registry.exit_at.max(Instant::now().checked_add(grace));
}

/// Whether `shutdown_signal` was called.
pub(in crate::engine) fn are_expected() -> bool {
    EXPECTED.load(Ordering::Relaxed)
}

/// Notes that something waits for the end of a drain.
pub(in crate::engine) fn attend() {
    ATTENDED.store(true, Ordering::Relaxed);
}

/// Whether something waits for the end of a drain.
pub(in crate::engine) fn are_attended() -> bool {
    ATTENDED.load(Ordering::Relaxed)
}

/// Whether nothing waits for the end of a drain, and this has not been logged yet.
pub(in crate::engine) fn is_unattended() -> bool {
    static SAID: AtomicBool = AtomicBool::new(false);
    !are_attended() && !SAID.swap(true, Ordering::Relaxed)
}

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    fn listen(&mut self) -> io::Result<()> {
        if self.listening {
            return Ok(());
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _context = runtime.enter();
            Signals::new()?
        };
        let tell = move || {
            runtime.block_on(async {
                let mut heard = Heard::default();
                heard.note(signals.next().await, Instant::now());
                loop {
                    // After the first signal, the process may have to be ended at any time.
                    if let Ok(signal) = tokio::time::timeout(TICK, signals.next()).await {
                        heard.note(signal, Instant::now());
                    }
                    end_if_late();
                }
            });
        };
        thread::Builder::new().name("health signals".into()).spawn(tell)?;
        self.listening = true;
        Ok(())
    }
}

/// The signals that have come: when each kind was last delivered.
#[derive(Debug, Default)]
struct Heard {
    last: [Option<Instant>; 2],
}

impl Heard {
    /// Delivers the signal, unless the same signal was delivered within [`SAME_SIGNAL`].
    fn note(&mut self, signal: Signal, now: Instant) {
        if self.is_news(signal, now) {
            deliver(signal);
        }
    }

    fn is_news(&mut self, signal: Signal, now: Instant) -> bool {
        let last = &mut self.last[signal as usize];
        let is_news = last.is_none_or(|last| now.saturating_duration_since(last) >= SAME_SIGNAL);
        if is_news {
            *last = Some(now);
        }
        is_news
    }
}

/// The engines that a `Health` keeps running. An ended engine may exist for a moment more.
fn alive(registry: MutexGuard<'_, Registry>) -> Vec<Arc<Engine>> {
    let engines: Vec<_> = registry.engines.iter().filter_map(Weak::upgrade).collect();
    drop(registry); // the next line may drop the last reference to an engine, and that drop takes the lock
    engines.into_iter().filter(|engine| engine.holders() > 0).collect()
}

/// Notifies every engine that is alive. If none is alive, there is nothing to drain, so the process ends at once, as it
/// would without a handler. Exception: if nothing has called `shutdown_signal`, the process does not end. The handlers
/// are then those of process 1, and the service may handle signals itself.
fn deliver(signal: Signal) {
    let mut registry = registry();
    registry.leaving = true;
    let engines = alive(registry);
    if engines.is_empty() && are_expected() {
        exit("a signal came, and no `Health` is left to drain");
    }
    for engine in &engines {
        engine.signalled(signal);
    }
}

/// Ends a process that has not ended within its grace. As long as any engine still drains after a signal, the process
/// is not ended.
fn end_if_late() {
    let exit_at = registry().exit_at;
    if exit_at.is_none_or(|at| Instant::now() < at) {
        return;
    }
    let engines = alive(registry());
    if !engines.iter().any(|engine| engine.is_leaving()) {
        exit_late(&engines);
    }
}

/// The signals that end a service.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            if self.terminate.poll_recv(context).is_ready() {
                Poll::Ready(Signal::Terminate)
            } else {
                self.interrupt.poll_recv(context).map(|_| Signal::Interrupt)
            }
        })
        .await
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_ignored_within_a_second_of_the_same_signal() {
        let (mut heard, began) = (Heard::default(), Instant::now());
        let mut is_news = |signal, at| heard.is_news(signal, began + Duration::from_millis(at));
        assert!(is_news(Signal::Terminate, 0));
        assert!(is_news(Signal::Interrupt, 100), "another signal is another one");
        assert!(!is_news(Signal::Terminate, 200));
        assert!(!is_news(Signal::Interrupt, 300));
        assert!(!is_news(Signal::Terminate, 950));
        assert!(is_news(Signal::Terminate, 1_000), "counted from the first");
        assert!(!is_news(Signal::Terminate, 1_500));
    }
}
