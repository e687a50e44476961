//! The signals that end the process: one thread for all engines in it.
//!
//! A signal handler belongs to the process and stays until the process ends. So there is one set of handlers, with one
//! thread, which notifies every engine that is alive. An engine that has ended leaves nothing behind and affects no other.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
#[cfg(unix)]
use std::task::Poll;
use std::thread;

use tokio::runtime::Builder;

use super::Engine;
use super::exit::exit;

static ENGINES: Mutex<Registry> = Mutex::new(Registry {
    engines: Vec::new(),
    listening: false,
});

/// Whether `shutdown_signal` was called in this process. Only then is the process ended if it does not end by itself.
static EXPECTED: AtomicBool = AtomicBool::new(false);

struct Registry {
    engines: Vec<Weak<Engine>>,
    /// The handlers are installed.
    listening: bool,
}

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM: from an orchestrator, which also removes the instance from load balancing.
    Terminate,
    /// SIGINT: from a person, who waits.
    Interrupt,
}

/// The engine gets every signal from now on, as soon as the handlers are installed.
///
/// In process 1, as in most containers, this installs the handlers: without a handler, process 1 ignores SIGTERM anyway.
/// So a service that gets a signal while it starts never becomes ready.
pub(super) fn register(engine: &Arc<Engine>) -> io::Result<()> {
    let mut registry = registry();
    registry.engines.retain(|engine| engine.strong_count() > 0);
    registry.engines.push(Arc::downgrade(engine));
    if process::id() == 1 { registry.listen() } else { Ok(()) }
}

/// The engine has ended.
pub(super) fn forget(ended: *const Engine) {
    let ends = |engine: &Weak<Engine>| engine.as_ptr() == ended;
    registry().engines.retain(|engine| !ends(engine));
}

/// Installs the signal handlers, unless they are installed. They stay until the process ends.
pub(super) fn listen() -> io::Result<()> {
    registry().listen()?;
    EXPECTED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Whether `shutdown_signal` was called.
pub(super) fn are_expected() -> bool {
    EXPECTED.load(Ordering::Relaxed)
}

/// Whether `shutdown_signal` was not called, and this has not been logged yet.
pub(super) fn is_unattended() -> bool {
    static SAID: AtomicBool = AtomicBool::new(false);
    !are_expected() && !SAID.swap(true, Ordering::Relaxed)
}

fn registry() -> MutexGuard<'static, Registry> {
    ENGINES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    fn listen(&mut self) -> io::Result<()> {
        if self.listening {
            return Ok(());
        }
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _context = runtime.enter();
            Signals::new()?
        };
        let tell = move || {
            runtime.block_on(async {
                loop {
                    deliver(signals.next().await);
                }
            });
        };
        thread::Builder::new().name("health signals".into()).spawn(tell)?;
        self.listening = true;
        Ok(())
    }
}

/// Notifies every engine that is alive. Without one there is nothing to drain, so the process ends at once, as it would
/// without a handler. If nothing has called `shutdown_signal`, it does not: the handlers are those of process 1, and the
/// service may handle signals itself.
fn deliver(signal: Signal) {
    let engines: Vec<_> = registry().engines.iter().filter_map(Weak::upgrade).collect();
    if engines.is_empty() && are_expected() {
        exit("a signal came, and no `Health` is left to drain");
    }
    for engine in &engines {
        engine.signalled(signal);
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
