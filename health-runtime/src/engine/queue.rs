//! A queue of events. They are delivered in the order in which they were put, by one thread at a time.

use std::collections::VecDeque;

use super::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub(crate) struct Queue<T>(Mutex<Waiting<T>>);

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<T>,
    /// A thread is delivering an item. It goes on until no item is left.
    telling: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Waiting {
            items: VecDeque::new(),
            telling: false,
        }))
    }

    /// Adds items, in their order. The caller has to call [`tell`](Self::tell) afterwards.
    pub(crate) fn put(&self, items: impl IntoIterator<Item = T>) {
        self.lock().items.extend(items);
    }

    /// Delivers the waiting items. Does nothing if another call is delivering items, on another thread or further up
    /// the stack of this one: that call then delivers these items too. `tell` must not panic.
    pub(crate) fn tell(&self, mut tell: impl FnMut(T)) {
        while let Some(item) = self.next() {
            tell(item);
            self.lock().telling = false;
        }
    }

    fn next(&self) -> Option<T> {
        let mut waiting = self.lock();
        if waiting.telling {
            return None;
        }
        let next = waiting.items.pop_front();
        waiting.telling = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}
