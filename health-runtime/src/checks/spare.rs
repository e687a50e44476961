//! A connection that a check keeps between its runs. It is closed after some time without use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::sleep;

/// Where the connection is kept between the runs.
pub(crate) struct Spare<C>(Arc<Mutex<Kept<C>>>);

struct Kept<C> {
    connection: Option<C>,
    /// How often a connection has been put here.
    uses: u64,
}

impl<C> Default for Spare<C> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Kept {
            connection: None,
            uses: 0,
        })))
    }
}

impl<C> Clone for Spare<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Send + 'static> Spare<C> {
    /// Returns a clone of the connection, which stays here. Only for connections that several users can share.
    pub(crate) fn shared(&self) -> Option<C>
    where
        C: Clone,
    {
        lock(&self.0).connection.clone()
    }

    /// Takes the connection out. If the run is then aborted, the connection is closed.
    pub(crate) fn take(&self) -> Option<C> {
        lock(&self.0).connection.take()
    }

    /// Whether there is no connection here, and no run is using one.
    pub(crate) fn is_unused(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && lock(&self.0).connection.is_none()
    }

    /// Puts the connection back, and closes it after this time unless it is used again.
    pub(crate) fn keep(&self, connection: C, time: Duration) {
        let mut kept = lock(&self.0);
        kept.connection = Some(connection);
        kept.uses += 1;
        let (uses, slot) = (kept.uses, Arc::downgrade(&self.0));
        drop(kept);
        tokio::spawn(async move {
            sleep(time).await;
            close(&slot, uses);
        });
    }
}

fn close<C>(slot: &Weak<Mutex<Kept<C>>>, uses: u64) {
    let Some(slot) = slot.upgrade() else { return };
    let mut kept = lock(&slot);
    let unused = (kept.uses == uses).then(|| kept.connection.take());
    drop(kept);
    drop(unused); // not under the lock: it is code of a driver
}

fn lock<C>(slot: &Mutex<Kept<C>>) -> MutexGuard<'_, Kept<C>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
