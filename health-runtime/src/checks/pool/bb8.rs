//! What the check of a pool of the crate `bb8` needs, for every kind of connection.

use std::error::Error;

use ::bb8::{ManageConnection, Pool, PooledConnection, RunError};

use crate::checks::pool::{self, Answer, Asked, Fault, Sizes};
use crate::current_run::Owner;

impl<M> pool::Pool for Pool<M>
where
    M: ManageConnection,
    M::Connection: Asked<M::Error>,
    M::Error: Error + Send + Sync + 'static,
{
    type Connection = M::Connection;
    type Taken = PooledConnection<'static, M>;

    /// Nothing in the API of the pool identifies it across its clones.
    fn owner(&self) -> Option<Box<dyn Owner>> {
        None
    }

    fn sizes(&self) -> Sizes {
        let number = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        let state = self.state();
        Sizes {
            size: number(state.connections),
            idle: number(state.idle_connections),
            max: number(self.config().max_size),
        }
    }

    fn is_closed(&self) -> bool {
        false // it cannot be closed
    }

    /// bb8 has no method that takes a connection without waiting in the queue. While the pool is not full,
    /// [`take`](Self::take) does not wait for long.
    async fn take_idle(&self) -> Result<Option<PooledConnection<'static, M>>, Fault> {
        Ok(None)
    }

    async fn take(self) -> Result<PooledConnection<'static, M>, Fault> {
        self.get_owned().await.map_err(|error| match error {
            RunError::TimedOut => Fault::Unexplained,
            RunError::User(error) => M::Connection::fault(error),
        })
    }

    async fn open(&self) -> Result<M::Connection, Fault> {
        self.dedicated_connection().await.map_err(M::Connection::fault)
    }

    async fn ask(connection: &mut M::Connection) -> Result<Answer, Fault> {
        connection.ask().await
    }

    /// bb8 has no method that removes a working connection. So the connection goes back to the pool, where it skips the
    /// rest of the answer.
    fn discard(taken: PooledConnection<'static, M>) {
        drop(taken);
    }
}
