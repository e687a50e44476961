//! Owners for pools whose crates show nothing that exists as long as the pool.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The owner of each pool of one type, by an address that no other pool of this type has at the same time.
pub(crate) struct Owners(Mutex<BTreeMap<usize, Owner>>);

struct Owner {
    is_alive: IsAlive,
    token: Arc<dyn Any + Send + Sync>,
}

/// Whether the pool still exists. As long as this function holds a weak reference to the pool, no other pool gets its
/// address.
type IsAlive = Box<dyn Fn() -> bool + Send>;

impl Owners {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The owner of the pool at this address.
    pub(crate) fn of(
        &self,
        address: usize,
        is_alive: impl Fn() -> bool + Send + 'static,
    ) -> Weak<dyn Any + Send + Sync> {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !owners.contains_key(&address) {
            owners.retain(|_, owner| (owner.is_alive)());
        }
        let new = || Owner {
            is_alive: Box::new(is_alive),
            token: Arc::new(()),
        };
        Arc::downgrade(&owners.entry(address).or_insert_with(new).token)
    }
}
