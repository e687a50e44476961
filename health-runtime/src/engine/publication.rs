//! The view that probes are answered from, and until when it holds: written under the engine's lock, read without it.
//!
//! A reader loads a moment first and then the view; a writer stores the view first and then the moments. So the view that
//! a reader loads is the one that the moment belongs to, or a newer one. A transition stores the moment zero, under the
//! lock: from then on no reader uses the old view, and whoever rebuilds it does so after the transition.

use std::array;
use std::sync::Arc;

use super::sync::{AtomicU64, Loaded, Ordering, Slot};

/// A view for so many probes. Moments are in nanoseconds of the engine's clock.
#[derive(Debug)]
pub(crate) struct Publication<V, const PROBES: usize> {
    view: Slot<V>,
    /// Until when `view` holds.
    until: AtomicU64,
    /// Until when `view` answers each probe: no longer than `until`.
    asked: [AtomicU64; PROBES],
}

impl<V, const PROBES: usize> Publication<V, PROBES> {
    /// A view that does not hold.
    pub(crate) fn new(view: V) -> Self {
        Self {
            view: Slot::from_pointee(view),
            until: AtomicU64::new(0),
            asked: array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// The view that was stored last, whether or not it holds.
    pub(crate) fn latest(&self) -> Loaded<V> {
        self.view.load()
    }

    /// The view, if it holds; `is_ahead` says of a moment whether it is still to come.
    pub(crate) fn fresh(&self, is_ahead: impl FnOnce(u64) -> bool) -> Option<Loaded<V>> {
        self.loaded(&self.until, is_ahead)
    }

    /// The view, if it answers this probe.
    pub(crate) fn answer(&self, probe: usize, is_ahead: impl FnOnce(u64) -> bool) -> Option<Loaded<V>> {
        self.loaded(&self.asked[probe], is_ahead)
    }

    fn loaded(&self, until: &AtomicU64, is_ahead: impl FnOnce(u64) -> bool) -> Option<Loaded<V>> {
        let until = until.load(Ordering::Acquire);
        is_ahead(until).then(|| self.view.load())
    }

    /// Stores a view, until when it holds, and until when it answers each probe. Under the lock.
    pub(crate) fn publish(&self, view: Arc<V>, until: u64, asked: [u64; PROBES]) {
        self.view.store(view);
        self.hold(until, asked);
    }

    /// The view holds no longer. Under the lock.
    pub(crate) fn void(&self) {
        self.hold(0, [0; PROBES]);
    }

    fn hold(&self, until: u64, asked: [u64; PROBES]) {
        self.until.store(until, Ordering::Release);
        for (moment, asked) in self.asked.iter().zip(asked) {
            moment.store(asked, Ordering::Release);
        }
    }

    /// The view answers this probe until then, if it holds for so long. Under the lock.
    pub(crate) fn answers_until(&self, probe: usize, asked: u64) {
        let until = self.until.load(Ordering::Relaxed);
        self.asked[probe].store(asked.min(until), Ordering::Release);
    }

    /// The view answers this probe no longer than until then. Under the lock.
    pub(crate) fn ask_by(&self, probe: usize, asked: u64) {
        self.asked[probe].fetch_min(asked, Ordering::Release);
    }
}
