//! What `publication` and `queue` are made of. The tests of all their interleavings put `loom`'s types in the place of
//! these.

use std::sync::Arc;

pub(super) use std::sync::atomic::{AtomicU64, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};

/// Holds the value that was stored last.
pub(super) type Slot<V> = arc_swap::ArcSwap<V>;

/// A value that was in a slot.
pub(crate) type Loaded<V> = arc_swap::Guard<Arc<V>>;
