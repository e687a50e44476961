//! What waits to be told to the world: in the order in which it happened, outside of the core's lock, by one thread at a
//! time.
//!
//! Subscribers of `tracing` and wakers are user code: they may block, panic, or call back into the engine.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use tokio::sync::{broadcast, watch};

use super::{Event, Plan, State};
use crate::events::Transition;
use crate::outcome::Reason;

/// How many transitions a slow subscriber may lag behind.
const LAG: usize = 256;

/// How many events wait, beside a few for each check, while somebody's subscriber blocks the thread that tells them.
const WAITING: usize = 1024;

#[derive(Debug)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    /// Made for the first subscriber.
    transitions: OnceLock<broadcast::Sender<Transition>>,
    readiness: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<(SystemTime, Event<'static>)>,
    /// Somebody tells them now, and goes on until none is left.
    telling: bool,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            transitions: OnceLock::new(),
            readiness: watch::Sender::new(State::unhealthy(Reason::Starting)),
        }
    }

    /// Adds events, in their order: called under the core's lock.
    pub(super) fn put(&self, events: Vec<Event<'static>>, checks: usize) {
        if events.is_empty() {
            return;
        }
        let at = SystemTime::now();
        let mut queue = self.lock();
        queue.events.extend(events.into_iter().map(|event| (at, event)));
        let most = WAITING + 2 * checks;
        let surplus = queue.events.len().saturating_sub(most);
        queue.events.drain(..surplus);
    }

    /// Tells what waits, unless somebody is at it: another thread, or this one further up its stack.
    pub(super) fn tell(&self, plans: &[Plan]) {
        while let Some((at, event)) = self.next() {
            event.log(plans);
            // A waker that panics must not end the telling for ever.
            let _ = catch_unwind(AssertUnwindSafe(|| self.publish(at, &event, plans)));
            self.lock().telling = false;
        }
    }

    fn next(&self) -> Option<(SystemTime, Event<'static>)> {
        let mut queue = self.lock();
        if queue.telling {
            return None;
        }
        let next = queue.events.pop_front();
        queue.telling = next.is_some();
        next
    }

    fn publish(&self, at: SystemTime, event: &Event<'_>, plans: &[Plan]) {
        match event {
            Event::Check {
                index,
                from,
                to,
                message,
            } => {
                if let Some(transitions) = self.transitions.get() {
                    let transition = Transition::new(&plans[*index].spec, [*from, *to], message.clone(), at);
                    let _ = transitions.send(transition); // nobody may listen any more
                }
            }
            Event::Readiness { to, .. } => {
                self.readiness.send_if_modified(|told| {
                    let from = std::mem::replace(told, *to);
                    from != *to
                });
            }
            _ => {}
        }
    }

    pub(super) fn transitions(&self) -> broadcast::Receiver<Transition> {
        let transitions = self.transitions.get_or_init(|| broadcast::Sender::new(LAG));
        transitions.subscribe()
    }

    pub(super) fn readiness(&self) -> watch::Receiver<State> {
        self.readiness.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
