//! What earlier runs found out about a pool. The entry of a dropped pool is removed later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::super::sqlx::SqlitePool;
use super::super::sqlx::sqlite::SqliteConnectOptions;

use super::file::FileId;

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// A run took the write lock.
    pub(super) writes: bool,
    /// The file at the database's path, from the last run in which the database had that file open.
    pub(super) file: Option<FileId>,
}

/// The key is the address of the pool's options. No other pool shares them, and the `Weak` prevents a reuse of the
/// address.
static POOLS: Mutex<BTreeMap<usize, (Weak<SqliteConnectOptions>, Memory)>> = Mutex::new(BTreeMap::new());

/// Reads or changes what is known about the pool.
pub(super) fn of<R>(pool: &SqlitePool, act: impl FnOnce(&mut Memory) -> R) -> R {
    let options = pool.connect_options();
    let address = Arc::as_ptr(&options).addr();
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if !pools.contains_key(&address) {
        pools.retain(|_, (owner, _)| owner.strong_count() > 0);
    }
    let new = || (Arc::downgrade(&options), Memory::default());
    let (_, memory) = pools.entry(address).or_insert_with(new);
    act(memory)
}
