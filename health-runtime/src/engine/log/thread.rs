//! The thread that writes the log. A subscriber of `tracing` is user code: it may be slow, block for ever because its
//! pipe is full, panic, or call back. Neither a probe nor the pacemaker waits for it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tracing::dispatcher::{Dispatch, get_default, with_default};
use tracing::subscriber::NoSubscriber;

use crate::engine::{Event, Plan};

/// How many events wait while the subscriber blocks, beside a few for each check.
const WAITING: usize = 1024;

/// What the desk keeps room for.
const FEW: usize = 64;

#[derive(Debug)]
pub(in crate::engine) struct Scribe {
    shared: Arc<Shared>,
    most: usize,
    thread: ThreadId,
}

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
    /// Nothing is left to write.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Desk {
    events: VecDeque<Event>,
    /// So many events were thrown away.
    lost: usize,
    /// An event has been taken, and is being written.
    writing: bool,
    ended: bool,
}

impl Scribe {
    /// Starts the thread, which ends once this is dropped and all is written.
    pub(in crate::engine) fn start(plans: Arc<[Plan]>) -> io::Result<Self> {
        let most = WAITING + 2 * plans.len();
        let shared = Arc::new(Shared::default());
        let desk = Arc::clone(&shared);
        // Of the thread that starts the engine. A subscriber for the whole process comes first, whenever it is set.
        let here = get_default(Clone::clone);
        let write = move || {
            while let Some(event) = desk.next() {
                write(&event, &plans, &here);
            }
        };
        let thread = thread::Builder::new().name("health log".into()).spawn(write)?;
        let thread = thread.thread().id();
        Ok(Self { shared, most, thread })
    }

    /// Has the event written, after all that came before. Waits for nothing.
    pub(in crate::engine) fn write(&self, event: Event) {
        let mut desk = self.shared.lock();
        if desk.events.len() == self.most {
            desk.events.pop_front();
            desk.lost += 1;
        }
        desk.events.push_back(event);
        drop(desk);
        self.shared.changed.notify_one();
    }
}

impl Scribe {
    /// Waits until every event is written, but at most for `limit`, because a log may block. On the log's own thread, where
    /// a subscriber may drop the last `Health`, it does not wait.
    pub(in crate::engine) fn flush(&self, limit: Duration) {
        if thread::current().id() == self.thread {
            return;
        }
        let is_busy = |desk: &mut Desk| desk.writing || !desk.events.is_empty();
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

impl Drop for Scribe {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next event; `None` once all is written that there will ever be.
    fn next(&self) -> Option<Event> {
        let mut desk = self.lock();
        desk.writing = false;
        if desk.events.is_empty() {
            self.written.notify_all();
        }
        let idle = |desk: &mut Desk| desk.events.is_empty() && !desk.ended;
        let desk = self.changed.wait_while(desk, idle);
        let mut desk = desk.unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut desk.lost);
        desk.writing = lost > 0 || !desk.events.is_empty();
        if lost > 0 {
            return Some(Event::Lost { count: lost });
        }
        let next = desk.events.pop_front();
        if desk.events.is_empty() {
            desk.events.shrink_to(FEW); // after ten thousand transitions at once
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn while_the_log_blocks_so_many_events_wait_and_the_oldest_are_lost_and_counted() {
        let scribe = Scribe {
            shared: Arc::default(),
            most: 100,
            thread: thread::current().id(),
        };
        let after = Duration::from_secs;
        for second in 0..130 {
            scribe.write(Event::Started { after: after(second) });
        }
        let next = || scribe.shared.next().expect("it has not ended");
        assert!(matches!(next(), Event::Lost { count: 30 }));
        for second in 30..130 {
            assert!(matches!(next(), Event::Started { after } if after == Duration::from_secs(second)));
        }
        let shared = Arc::clone(&scribe.shared);
        scribe.write(Event::Closing);
        drop(scribe);
        assert!(
            matches!(shared.next(), Some(Event::Closing)),
            "what waits at the end is written"
        );
        assert!(shared.next().is_none());
    }
}
