//! Counts the listeners of the application and their connections. Neither a request nor an open connection takes a lock
//! here.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::engine::pacemaker::TICK;
use crate::engine::{Time, nanos};

/// How many rounds a listener has to answer after it has closed. The first answer may come at once. The second one
/// comes a tick later. In between, bytes arrive that clients sent before the listener closed.
const ROUNDS: u32 = 2;

/// A tick that comes later than this was delayed, for example by SIGSTOP. Answers from before such a tick do not cover
/// what has arrived in the meantime.
const LATE: Duration = TICK.saturating_mul(2);

/// Late ticks beyond this many do not count: in a container without CPU, every tick is late.
const MOST_LATE: u32 = 3;

/// What the engine asks of listeners and connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Call {
    #[default]
    Serve,
    /// Listeners close. Those that have closed answer each round.
    Close { round: u32 },
    /// Servers stop. Also sent when the engine ends.
    Stop,
}

/// Shared by the engine, its listeners and their connections. Does not keep the engine alive.
#[derive(Debug)]
pub(crate) struct Serving {
    call: watch::Sender<Call>,
    listeners: Mutex<Listeners>,
    open: AtomicUsize,
    fresh: AtomicUsize,
    born: Instant,
    /// When a client was last seen, in nanoseconds since `born`. Zero means never.
    last_seen: AtomicU64,
}

#[derive(Debug, Default)]
struct Listeners {
    live: Vec<Seat>,
    next: u64,
    /// A listener was registered, now or before.
    any: bool,
    /// When the listeners were last called.
    called: Time,
    /// How many ticks were late.
    late: u32,
}

/// One listener.
#[derive(Debug)]
struct Seat {
    id: u64,
    /// The last round that it has answered. `answers` is the number of rounds that it has answered.
    round: u32,
    answers: u32,
}

impl Serving {
    pub(in crate::engine) fn new() -> Arc<Self> {
        Arc::new(Self {
            call: watch::channel(Call::default()).0,
            listeners: Mutex::default(),
            open: AtomicUsize::new(0),
            fresh: AtomicUsize::new(0),
            born: Instant::now(),
            last_seen: AtomicU64::new(0),
        })
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn round(&self) -> u32 {
        match *self.call.borrow() {
            Call::Close { round } => round,
            Call::Serve | Call::Stop => 0,
        }
    }

    /// Tells the listeners to close. Called at each tick until the servers stop.
    pub(in crate::engine) fn close(&self, now: Time) {
        let mut listeners = self.listeners();
        listeners.called = now;
        let round = self.round();
        let answered = listeners.live.iter().all(|seat| seat.round == round);
        drop(listeners);
        // Sent even if the round stays the same, so that a listener without a file descriptor tries again.
        self.call.send_if_modified(|call| {
            if *call != Call::Stop {
                let round = round + u32::from(answered);
                *call = Call::Close { round };
            }
            *call != Call::Stop
        });
    }

    /// Tells the connections that the servers stop.
    pub(in crate::engine) fn stop(&self) {
        self.call
            .send_if_modified(|call| std::mem::replace(call, Call::Stop) != Call::Stop);
    }

    /// Whether servers may stop without losing a request: every listener has closed, the connections in its queue have
    /// been accepted, their tasks have run, and the runtime has polled its sockets since then. Also true without a
    /// listener.
    pub(in crate::engine) fn has_settled(&self, now: Time) -> bool {
        let round = self.round();
        let mut listeners = self.listeners();
        let mut answered = listeners
            .live
            .iter()
            .all(|seat| seat.round == round && seat.answers >= ROUNDS);
        let is_late = now.saturating_sub(listeners.called) > LATE;
        if answered && is_late && !listeners.live.is_empty() && listeners.late < MOST_LATE {
            listeners.late += 1;
            answered = false;
        }
        answered && self.fresh() == 0
    }

    /// How many accepted connections have a task that has not run yet.
    pub(crate) fn fresh(&self) -> usize {
        self.fresh.load(Ordering::Acquire)
    }
}

/// For the drain.
impl Serving {
    /// Whether no client is left to notice a drain: no connection of a `health.listener` is open, and for this long
    /// there was neither a connection nor a probe. `false` if there never was such a listener, because then nothing is
    /// known.
    pub(in crate::engine) fn is_idle(&self, so_long: Duration) -> bool {
        let last = Duration::from_nanos(self.last_seen.load(Ordering::Acquire));
        let is_quiet = last.is_zero() || self.born.elapsed().saturating_sub(last) >= so_long;
        is_quiet && self.open() == 0 && self.listeners().any
    }

    /// How many connections are open.
    pub(in crate::engine) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Notes a client: a connection was opened or closed, or a probe came.
    pub(in crate::engine) fn saw(&self) {
        let nanos = nanos(self.born.elapsed()).max(1);
        self.last_seen.fetch_max(nanos, Ordering::AcqRel);
    }
}

impl Serving {
    /// Counts a listener of this crate for as long as the guard lives. All its connections are counted too.
    pub(crate) fn listener(self: &Arc<Self>) -> ListenerGuard {
        self.listeners().any = true;
        self.seat()
    }

    /// Counts a listener of another crate, or a worker that reads from its connections. These connections are not
    /// counted.
    pub(crate) fn seat(self: &Arc<Self>) -> ListenerGuard {
        let mut listeners = self.listeners();
        let id = listeners.next;
        listeners.next += 1;
        let (round, answers) = (0, 0);
        listeners.live.push(Seat { id, round, answers });
        let serving = Arc::clone(self);
        ListenerGuard { serving, id }
    }

    /// The calls to listeners and connections from now on.
    pub(crate) fn calls(&self) -> watch::Receiver<Call> {
        self.call.subscribe()
    }
}

/// Counts a listener.
#[derive(Debug)]
pub(crate) struct ListenerGuard {
    serving: Arc<Serving>,
    id: u64,
}

impl ListenerGuard {
    /// Counts a connection for as long as the guard lives.
    pub(crate) fn connection(&self) -> ConnectionGuard {
        let serving = Arc::clone(&self.serving);
        serving.saw();
        serving.open.fetch_add(1, Ordering::AcqRel);
        serving.fresh.fetch_add(1, Ordering::AcqRel);
        ConnectionGuard { serving, fresh: true }
    }

    /// Notes that the listener has answered this round: it has closed and handed over the waiting connections, and the
    /// runtime has polled its sockets in this round.
    pub(crate) fn answer(&self, round: u32) {
        let mut listeners = self.serving.listeners();
        if let Some(seat) = listeners.live.iter_mut().find(|seat| seat.id == self.id) {
            seat.answers += u32::from(seat.round != round);
            seat.round = round;
        }
    }
}

impl Drop for ListenerGuard {
    fn drop(&mut self) {
        let mut listeners = self.serving.listeners();
        listeners.live.retain(|seat| seat.id != self.id);
    }
}

/// Counts a connection.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    serving: Arc<Serving>,
    fresh: bool,
}

impl ConnectionGuard {
    /// Notes that the task of the connection has tried to read.
    pub(crate) fn tried_to_read(&mut self) {
        if std::mem::take(&mut self.fresh) {
            self.serving.fresh.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Resolves when the servers stop. Keeps nothing alive.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut calls = self.serving.calls();
        async move {
            let _ = calls.wait_for(|call| *call == Call::Stop).await; // an error means that the engine is gone
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.tried_to_read();
        self.serving.saw();
        self.serving.open.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
