//! The view that answers the probes, and until when it is valid. It is written under the engine's lock, and read
//! without the lock.
//!
//! A reader loads a moment first and then the view. A writer stores the view first and then the moments. So a reader
//! gets the view that the moment belongs to, or a newer view. A transition stores the moment zero, under the lock. From
//! then on no reader uses the old view, and the next view is built after the transition.

use std::array;
use std::sync::Arc;

use super::sync::{AtomicU64, Loaded, Ordering, Slot};

/// A view for `PROBES` probes. Moments are in nanoseconds of the engine's clock.
#[derive(Debug)]
pub(crate) struct Publication<V, const PROBES: usize> {
    view: Slot<V>,
    /// Until when `view` is valid.
    until: AtomicU64,
    /// Until when `view` answers each probe: not later than `until`.
    asked: [AtomicU64; PROBES],
}

impl<V, const PROBES: usize> Publication<V, PROBES> {
    /// A view that is not valid.
    pub(crate) fn new(view: V) -> Self {
        Self {
            view: Slot::from_pointee(view),
            until: AtomicU64::new(0),
            asked: array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// The view that was stored last, valid or not.
    pub(crate) fn latest(&self) -> Loaded<V> {
        self.view.load()
    }

    /// The view, if it is valid. `is_ahead` returns whether a moment is in the future.
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

    /// Stores a view, until when it is valid, and until when it answers each probe. Called under the lock.
    pub(crate) fn publish(&self, view: Arc<V>, until: u64, asked: [u64; PROBES]) {
        self.view.store(view);
        self.hold(until, asked);
    }

    /// The view is no longer valid. Called under the lock.
    pub(crate) fn void(&self) {
        self.hold(0, [0; PROBES]);
    }

    fn hold(&self, until: u64, asked: [u64; PROBES]) {
        self.until.store(until, Ordering::Release);
        for (moment, asked) in self.asked.iter().zip(asked) {
            moment.store(asked, Ordering::Release);
        }
    }

    /// The view answers this probe until `asked`, or until it is no longer valid if that is earlier. Called under the
    /// lock.
    pub(crate) fn answers_until(&self, probe: usize, asked: u64) {
        let until = self.until.load(Ordering::Relaxed);
        self.asked[probe].store(asked.min(until), Ordering::Release);
    }

    /// The view answers this probe until `asked` at the latest. Called under the lock.
    pub(crate) fn ask_by(&self, probe: usize, asked: u64) {
        self.asked[probe].fetch_min(asked, Ordering::Release);
    }
}
