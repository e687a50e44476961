//! The log thread, which writes the log. A subscriber of `tracing` is user code: it may be slow, block for ever because
//! its pipe is full, panic, or call the engine. Neither a probe nor the pacemaker waits for it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tracing::dispatcher::{Dispatch, get_default, with_default};
use tracing::subscriber::NoSubscriber;

use crate::engine::{Event, Plan};

/// How many events wait at most while the subscriber blocks. Two more for each check are added to this.
const WAITING: usize = 1024;

/// An empty queue keeps room for this many events.
const FEW: usize = 64;

/// A handle to the log thread.
#[derive(Debug)]
pub(in crate::engine) struct LogThread {
    shared: Arc<Shared>,
    most: usize,
    thread: ThreadId,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Notified when nothing is left to write.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    /// How many events were thrown away since this was last logged.
    lost: usize,
    /// An event is being written.
    writing: bool,
    ended: bool,
}

impl LogThread {
    /// Starts the log thread. The thread ends after the handle is dropped and every event is written.
    pub(in crate::engine) fn start(plans: Arc<[Plan]>) -> io::Result<Self> {
        let most = WAITING + 2 * plans.len();
        let shared = Arc::new(Shared::default());
        let queue = Arc::clone(&shared);
        // The subscriber of the thread that starts the engine. It is used only as long as the process has no global
        // one.
        let here = get_default(Clone::clone);
        let write = move || {
            while let Some(event) = queue.next() {
                write(&event, &plans, &here);
            }
        };
        let thread = thread::Builder::new().name("health log".into()).spawn(write)?;
        let thread = thread.thread().id();
        Ok(Self { shared, most, thread })
    }

    /// Queues the event, to be written after all earlier ones. Waits for nothing. If the queue is full, the oldest
    /// event is thrown away.
    pub(in crate::engine) fn write(&self, event: Event) {
        let mut queue = self.shared.lock();
        if queue.events.len() == self.most {
            queue.events.pop_front();
            queue.lost += 1;
        }
        queue.events.push_back(event);
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// Waits until every event is written, but at most for `limit`, because a subscriber may block. Does not wait on
    /// the log thread itself, where a subscriber may drop the last `Health`.
    pub(in crate::engine) fn flush(&self, limit: Duration) {
        if thread::current().id() == self.thread {
            return;
        }
        let is_busy = |queue: &mut Queue| queue.writing || !queue.events.is_empty();
        let waited = self
            .shared
            .written
            .wait_timeout_while(self.shared.lock(), limit, is_busy);
        drop(waited);
    }
}

fn write(event: &Event, plans: &[Plan], here: &Dispatch) {
    if get_default(Dispatch::is::<NoSubscriber>) {
        with_default(here, || event.log(plans));
    } else {
        event.log(plans);
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next event. Returns `None` once the handle is dropped and every event is written.
    fn next(&self) -> Option<Event> {
        let mut queue = self.lock();
        queue.writing = false;
        if queue.events.is_empty() {
            self.written.notify_all();
        }
        let idle = |queue: &mut Queue| queue.events.is_empty() && !queue.ended;
        let queue = self.changed.wait_while(queue, idle);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut queue.lost);
        queue.writing = lost > 0 || !queue.events.is_empty();
        if lost > 0 {
            return Some(Event::Lost { count: lost });
        }
        let next = queue.events.pop_front();
        if queue.events.is_empty() {
            queue.events.shrink_to(FEW); // gives memory back, for example after ten thousand transitions at once
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_blocked_log_drops_and_counts_the_oldest_events_above_its_limit() {
        let log_thread = LogThread {
            shared: Arc::default(),
            most: 100,
            thread: thread::current().id(),
        };
        let after = Duration::from_secs;
        for second in 0..130 {
            log_thread.write(Event::Started { after: after(second) });
        }
        let next = || log_thread.shared.next().expect("it has not ended");
        assert!(matches!(next(), Event::Lost { count: 30 }));
        for second in 30..130 {
            assert!(matches!(next(), Event::Started { after } if after == Duration::from_secs(second)));
        }
        let shared = Arc::clone(&log_thread.shared);
        log_thread.write(Event::Closing);
        drop(log_thread);
        assert!(
            matches!(shared.next(), Some(Event::Closing)),
            "what waits at the end is written"
        );
        assert!(shared.next().is_none());
    }
}
