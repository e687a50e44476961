//! Tests every interleaving of three threads in two parts of the engine: the view, which probes read without a lock, and
//! the queue of events for subscribers and the log.
//!
//! Both files of the engine are compiled here again, with `loom`'s atomics and locks.

#[path = "../health-runtime/src/engine/publication.rs"]
#[allow(dead_code, reason = "the tests need less than the engine")]
mod publication;
#[path = "../health-runtime/src/engine/queue.rs"]
#[allow(dead_code, reason = "the tests need less than the engine")]
mod queue;

/// The types that those files use, from `loom`.
mod sync {
    use std::sync::Arc;

    use loom::sync::atomic::AtomicUsize;
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;

    /// A slot with exactly the orderings that `arc_swap` promises.
    #[derive(Debug)]
    pub(crate) struct Slot<V> {
        latest: AtomicUsize,
        /// All values that were ever stored. `loom` does not see this lock, so the lock orders nothing.
        stored: std::sync::Mutex<Vec<Arc<V>>>,
    }

    pub(crate) type Loaded<V> = Arc<V>;

    impl<V> Slot<V> {
        pub(crate) fn from_pointee(value: V) -> Self {
            Self {
                latest: AtomicUsize::new(0),
                stored: std::sync::Mutex::new(vec![Arc::new(value)]),
            }
        }

        pub(crate) fn load(&self) -> Arc<V> {
            let latest = self.latest.load(Ordering::Acquire);
            Arc::clone(&self.stored.lock().unwrap()[latest])
        }

        pub(crate) fn store(&self, value: Arc<V>) {
            let mut stored = self.stored.lock().unwrap();
            stored.push(value);
            let latest = stored.len() - 1;
            drop(stored);
            self.latest.store(latest, Ordering::Release);
        }
    }
}

use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use self::publication::Publication;
use self::queue::Queue;
use self::sync::Mutex;

/// A moment that is always in the future: a view with it is valid until a transition.
const AHEAD: u64 = 1;

/// The status code of a view, and how many transitions it includes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct View {
    code: u16,
    transitions: u32,
}

/// Like the engine: a core under a lock, and what it publishes.
struct Engine {
    core: Mutex<View>,
    published: Publication<View, 1>,
}

impl Engine {
    fn new() -> Self {
        let ready = View {
            code: 200,
            transitions: 0,
        };
        Self {
            core: Mutex::new(ready),
            published: Publication::new(ready),
        }
    }

    /// A transition: under the lock. The old view is invalid before the lock is released.
    fn happens(&self, act: impl FnOnce(&mut View)) {
        let mut core = self.core.lock().unwrap();
        act(&mut core);
        core.transitions += 1;
        self.published.void();
    }

    /// The view for a probe: the published one if it answers the probe, or one that is built under the lock.
    fn view(&self) -> View {
        if let Some(view) = self.published.answer(0, |until| until >= AHEAD) {
            return *view;
        }
        let core = self.core.lock().unwrap();
        if let Some(view) = self.published.fresh(|until| until >= AHEAD) {
            self.published.answers_until(0, AHEAD);
            return *view;
        }
        self.published.publish(Arc::new(*core), AHEAD, [AHEAD; 1]);
        *core
    }
}

#[test]
fn no_probe_passes_after_the_drain_has_begun() {
    loom::model(|| {
        let engine = Arc::new(Engine::new());
        let drained = Arc::new(AtomicBool::new(false));
        let drains = {
            let (engine, drained) = (Arc::clone(&engine), Arc::clone(&drained));
            thread::spawn(move || {
                engine.happens(|core| core.code = 503);
                drained.store(true, Ordering::Release);
            })
        };
        let rebuilds = {
            let engine = Arc::clone(&engine);
            thread::spawn(move || engine.view()) // the view is invalid, so it is rebuilt before or after the drain
        };
        let was_drained = drained.load(Ordering::Acquire);
        let view = engine.view();
        assert!(!was_drained || view.code == 503, "a 200 after the drain");
        drains.join().unwrap();
        rebuilds.join().unwrap();
        assert_eq!(engine.view().code, 503);
    });
}

#[test]
fn no_reader_goes_back_to_an_older_view() {
    loom::model(|| {
        let engine = Arc::new(Engine::new());
        let happens = {
            let engine = Arc::clone(&engine);
            thread::spawn(move || engine.happens(|core| core.code = 503))
        };
        let rebuilds = {
            let engine = Arc::clone(&engine);
            thread::spawn(move || engine.view())
        };
        let (first, second) = (engine.view(), engine.view());
        assert!(second.transitions >= first.transitions, "{second:?} after {first:?}");
        happens.join().unwrap();
        rebuilds.join().unwrap();
    });
}

#[test]
fn events_are_delivered_once_in_order_and_by_one_thread_at_a_time() {
    loom::model(|| {
        let core = Arc::new(Mutex::new(0));
        let queue = Arc::new(Queue::new());
        // Not a `loom` lock: it only records, and must not affect the interleavings.
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let tell = {
            let (queue, told) = (Arc::clone(&queue), Arc::clone(&told));
            move || {
                queue.tell(|item| {
                    let mut told = told.try_lock().expect("no other thread delivers");
                    told.push(item);
                    thread::yield_now(); // another thread may try to deliver here
                });
            }
        };
        let act = {
            let tell = tell.clone();
            move || {
                {
                    let mut core = core.lock().unwrap();
                    *core += 1;
                    queue.put([*core]); // under the lock, so the order is that of the transitions
                }
                tell();
            }
        };
        let threads = [thread::spawn(act.clone()), thread::spawn(act)];
        tell();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*told.lock().unwrap(), [1, 2]);
    });
}
