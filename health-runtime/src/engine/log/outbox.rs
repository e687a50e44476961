//! The events that wait to be sent. One thread at a time sends them, in the order in which they happened, outside of
//! the core's lock. Subscribers get them here. The log thread gets them too, and writes them later.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::{broadcast, watch};

use crate::engine::log::thread::LogThread;
use crate::engine::queue::Queue;
use crate::engine::report::transition;
use crate::engine::{Event, Plan, State};
use crate::outcome::Reason;
use crate::panics;
use crate::report::Transition;
use crate::spec::Probe;

/// How many transitions a slow subscriber may lag behind.
const LAG: usize = 256;

#[derive(Debug)]
pub(in crate::engine) struct Outbox {
    queue: Queue<(SystemTime, Event)>,
    /// Created for the first subscriber.
    transitions: OnceLock<broadcast::Sender<Transition>>,
    /// The state of each probe, in the order of [`Probe::ALL`].
    verdicts: [watch::Sender<State>; 4],
    /// The engine has ended: nothing is published any more.
    ended: AtomicBool,
    /// `None` in a test that moves the clock: then the thread that sends an event also logs it.
    log_thread: Option<LogThread>,
}

impl Outbox {
    pub(in crate::engine) fn new(log_thread: Option<LogThread>, verdicts: [State; 4]) -> Self {
        Self {
            queue: Queue::new(),
            transitions: OnceLock::new(),
            ended: AtomicBool::new(false),
            verdicts: verdicts.map(|state| watch::channel(state).0),
            log_thread,
        }
    }

    /// Adds events, in their order. Called under the core's lock.
    pub(in crate::engine) fn put(&self, events: Vec<Event>) {
        if !events.is_empty() {
            let at = SystemTime::now();
            self.queue.put(events.into_iter().map(|event| (at, event)));
        }
    }

    /// Sends the waiting events, unless another call is sending them: on another thread, or further up the stack of
    /// this one.
    pub(in crate::engine) fn tell(&self, plans: &[Plan]) {
        self.queue.tell(|(at, event)| {
            // A waker may panic.
            panics::run(|| self.publish(at, &event, plans));
            match &self.log_thread {
                _ if !event.is_logged() => {}
                Some(log_thread) => log_thread.write(event),
                None => event.log(plans),
            }
        });
    }

    /// Waits until the log has written every event so far, but at most for `limit`.
    pub(in crate::engine) fn flush(&self, limit: Duration) {
        if let Some(log_thread) = &self.log_thread {
            log_thread.flush(limit);
        }
    }

    /// Sets every probe to `cancelled`, because the engine ends. Later events do not change that.
    pub(in crate::engine) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        for verdict in &self.verdicts {
            panics::run(|| verdict.send_replace(State::unhealthy(Reason::Cancelled)));
        }
    }

    fn publish(&self, at: SystemTime, event: &Event, plans: &[Plan]) {
        match event {
            Event::Check {
                index,
                from,
                to,
                message,
                cause,
            } => {
                if let Some(transitions) = self.transitions.get() {
                    let transition = transition(plans, *index, [*from, *to], message.clone(), *cause, at);
                    let _ = transitions.send(transition); // an error means that no subscriber is left
                }
            }
            Event::Verdicts(verdicts) => {
                for (told, verdict) in self.verdicts.iter().zip(verdicts) {
                    // A waker may panic. The watchers of the next probe still get its state.
                    panics::run(|| {
                        told.send_if_modified(|told| {
                            // Read under the lock of the watch, so that a late event does not replace `cancelled`.
                            !self.ended.load(Ordering::Acquire) && std::mem::replace(told, *verdict) != *verdict
                        });
                    });
                }
            }
            _ => {}
        }
    }

    pub(in crate::engine) fn transitions(&self) -> broadcast::Receiver<Transition> {
        let transitions = self.transitions.get_or_init(|| broadcast::Sender::new(LAG));
        transitions.subscribe()
    }

    pub(in crate::engine) fn verdict(&self, probe: Probe) -> watch::Receiver<State> {
        self.verdicts[probe as usize].subscribe()
    }
}
