//! The types that `publication` and `queue` use. `tests/loom.rs` replaces them with `loom`'s types to test every
//! interleaving.

use std::sync::Arc;

pub(super) use std::sync::atomic::{AtomicU64, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps the value that was stored last.
pub(super) type Slot<V> = arc_swap::ArcSwap<V>;

/// A value that was in a slot.
pub(crate) type Loaded<V> = arc_swap::Guard<Arc<V>>;
