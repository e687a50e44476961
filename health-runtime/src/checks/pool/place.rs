//! A place in the queue of a full pool, to find out whether any connection comes back. It also waits between the runs.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::checks::pool::Pool;

/// Gives up its place when it is dropped.
#[derive(Debug)]
pub(super) struct Place(JoinHandle<bool>);

impl Place {
    /// Waits in the queue for a connection, and gives the connection back at once.
    pub(super) fn new<P: Pool>(pool: P) -> Self {
        Self(tokio::spawn(async move { pool.take().await.is_ok() }))
    }

    /// Returns whether a connection has come back, or `None` if the place is still waiting after this time. After
    /// `Some`, the place cannot be used again.
    pub(super) async fn wait(&mut self, patience: Duration) -> Option<bool> {
        let came_back = timeout(patience, &mut self.0).await.ok()?;
        Some(came_back.unwrap_or(false))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.abort();
    }
}
