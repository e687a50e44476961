//! A place in the queue of a full pool. It shows whether any connection comes back, while no run waits for it.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::checks::pool::Pool;

/// Gives up its place when it is dropped.
#[derive(Debug)]
pub(super) struct Place(JoinHandle<bool>);

impl Place {
    /// Queues for a connection. It is given back at once when it comes.
    pub(super) fn new<P: Pool>(pool: P) -> Self {
        Self(tokio::spawn(async move { pool.take().await.is_ok() }))
    }

    /// Whether a connection has come back. `None` if it is still waiting after this time. If it is not, the place is
    /// used up.
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
