//! What a check keeps between its runs, such as a connection of its own.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What the checks of one engine keep. It is dropped with the engine.
#[derive(Default)]
pub(crate) struct Kept(Mutex<BTreeMap<Key, Entry>>);

/// The index of the check, the type of what it keeps, and the address of what it is kept for.
type Key = (usize, TypeId, usize);

/// A reference to what something is kept for, such as a pool. It must not keep the pool alive. While the reference
/// exists, nothing else gets the same address.
#[allow(dead_code, reason = "only some features need it")]
pub(crate) trait Owner: Send + Sync {
    fn address(&self) -> usize;

    fn is_alive(&self) -> bool;
}

impl<T: ?Sized + Send + Sync> Owner for Weak<T> {
    fn address(&self) -> usize {
        self.as_ptr().cast::<()>().addr()
    }

    fn is_alive(&self) -> bool {
        self.strong_count() > 0
    }
}

struct Entry {
    owner: Box<dyn Owner>,
    value: Arc<dyn Any + Send + Sync>,
}

impl Kept {
    /// What the check keeps for this owner. It is empty at first.
    pub(crate) fn of<T: Default + Send + Sync + 'static>(&self, index: usize, owner: Box<dyn Owner>) -> Arc<T> {
        let key = (index, TypeId::of::<T>(), owner.address());
        let mut dropped = Vec::new();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.contains_key(&key) {
            let gone = entries.iter().filter(|(_, entry)| !entry.owner.is_alive());
            let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
            dropped.extend(gone.iter().map(|key| entries.remove(key)));
        }
        let new = || Entry {
            owner,
            value: Arc::new(T::default()),
        };
        let value = Arc::clone(&entries.entry(key).or_insert_with(new).value);
        drop(entries);
        drop(dropped); // not under the lock: it may be code of a driver
        value.downcast().expect("the key has the type")
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Value(Mutex<u32>);

    fn owner() -> Arc<dyn Any + Send + Sync> {
        Arc::new(0)
    }

    fn set(kept: &Kept, index: usize, owner: &Arc<dyn Any + Send + Sync>, new: u32) -> u32 {
        let value = kept.of::<Value>(index, Box::new(Arc::downgrade(owner)));
        let mut value = value.0.lock().unwrap();
        std::mem::replace(&mut value, new)
    }

    #[test]
    fn each_check_keeps_its_own_value_for_each_owner() {
        let (kept, a, b) = (Kept::default(), owner(), owner());
        assert_eq!(set(&kept, 0, &a, 1), 0);
        assert_eq!(set(&kept, 0, &b, 2), 0);
        assert_eq!(set(&kept, 1, &a, 3), 0);
        assert_eq!(
            (set(&kept, 0, &a, 0), set(&kept, 0, &b, 0), set(&kept, 1, &a, 0)),
            (1, 2, 3)
        );
    }

    #[test]
    fn what_was_kept_for_a_dropped_owner_is_dropped() {
        let (kept, a) = (Kept::default(), owner());
        let value = Arc::downgrade(&kept.of::<Value>(0, Box::new(Arc::downgrade(&a))));
        drop(a);
        assert!(value.upgrade().is_some());
        set(&kept, 0, &owner(), 1);
        assert!(value.upgrade().is_none());
    }
}
