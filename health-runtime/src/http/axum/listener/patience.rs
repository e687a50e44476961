//! How long a connection may wait for the rest of a request.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep};

use crate::http::axum::listener::protocol::Waits;

/// How long a connection may wait.
#[derive(Debug)]
pub(in crate::http) struct Limits {
    /// The limit for a whole head, from its first byte on.
    pub(in crate::http) head: Duration,
    /// The limit once the drain is over, for the rest of a head, or for the next byte in either direction.
    pub(in crate::http) end: Duration,
}

/// `head` is the default of hyper. `axum::serve` gives hyper no timer, so hyper does not apply it.
pub(in crate::http) static LIMITS: Limits = Limits {
    head: Duration::from_secs(30),
    end: Duration::from_secs(1),
};

/// The waits of one connection.
pub(in crate::http) struct Patience {
    /// Resolves when the drain is over. `None` after that.
    stopped: Option<BoxFuture<'static, ()>>,
    clock: Option<(Why, Pin<Box<Sleep>>)>,
    /// A byte was read or written since the clock was started.
    moved: bool,
    /// The reader, if it waits without a clock because its server has to answer first.
    reader: Option<Waker>,
    limits: &'static Limits,
}

/// The reason why a clock was started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Head(u32),
    LateHead,
    Silence,
}

impl Patience {
    pub(in crate::http) fn new(stopped: impl Future<Output = ()> + Send + 'static, limits: &'static Limits) -> Self {
        Self {
            stopped: Some(Box::pin(stopped)),
            clock: None,
            moved: false,
            reader: None,
            limits,
        }
    }

    /// Notes that a byte was read or written.
    pub(in crate::http) fn moved(&mut self) {
        self.moved = true;
    }

    /// Notes that the connection waits for nothing.
    pub(in crate::http) fn rest(&mut self) {
        self.clock = None;
    }

    /// Notes that the server has answered. Wakes the reader, which then starts the clock.
    pub(in crate::http) fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Whether a connection has waited for this for too long. If not, its task is woken when it may have.
    pub(in crate::http) fn is_over(&mut self, waits: Waits, context: &mut Context<'_>) -> bool {
        if let Some(stopped) = &mut self.stopped
            && stopped.as_mut().poll(context).is_ready()
        {
            self.stopped = None;
        }
        let has_stopped = self.stopped.is_none();
        let (why, limit) = match (waits, has_stopped) {
            (Waits::Head(nth), false) => (Why::Head(nth), self.limits.head),
            (Waits::Head(_), true) => (Why::LateHead, self.limits.end),
            (Waits::More, true) => (Why::Silence, self.limits.end),
            (Waits::Unknown, _) | (Waits::More, false) => {
                self.rest();
                self.reader = has_stopped.then(|| context.waker().clone());
                return false;
            }
        };
        let clock = match &mut self.clock {
            Some((started, clock)) if *started == why => {
                if why == Why::Silence && self.moved {
                    clock.as_mut().reset(Instant::now() + limit);
                }
                clock
            }
            _ => &mut self.clock.insert((why, Box::pin(sleep(limit)))).1,
        };
        self.moved = false;
        clock.as_mut().poll(context) == Poll::Ready(())
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").finish_non_exhaustive()
    }
}
