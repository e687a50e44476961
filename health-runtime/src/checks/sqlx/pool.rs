//! What the check of a pool needs, for every database that sqlx connects to over a network.

use std::sync::Arc;

use super::sqlx::pool::PoolConnection;
use super::sqlx::{ConnectOptions as _, Database, Error, Pool};
use crate::checks::pool::{self, Answer, Fault, Sizes};
use crate::current_run::Owner;

/// A database, and how its check queries it.
pub(super) trait Ask: Database {
    /// Sends a query and reads the whole answer: one round trip.
    fn ask(connection: &mut Self::Connection) -> impl Future<Output = Result<Answer, Error>> + Send;

    /// Whether this error means that the database accepts no more connections.
    fn is_too_many(code: &str) -> bool;

    /// Whether this error means that the database has closed the connection.
    fn is_closing(code: &str) -> bool;
}

impl<DB: Ask> pool::Pool for Pool<DB> {
    type Connection = DB::Connection;
    type Taken = PoolConnection<DB>;

    fn owner(&self) -> Option<Box<dyn Owner>> {
        Some(Box::new(Arc::downgrade(&self.connect_options())))
    }

    fn sizes(&self) -> Sizes {
        let number = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        Sizes {
            size: number(self.size()),
            idle: self.num_idle(),
            max: number(self.options().get_max_connections()),
        }
    }

    fn is_closed(&self) -> bool {
        Pool::is_closed(self)
    }

    async fn take_idle(&self) -> Result<Option<PoolConnection<DB>>, Fault> {
        Ok(self.try_acquire())
    }

    async fn take(self) -> Result<PoolConnection<DB>, Fault> {
        self.acquire().await.map_err(fault::<DB>)
    }

    async fn open(&self) -> Result<DB::Connection, Fault> {
        self.connect_options().connect().await.map_err(fault::<DB>)
    }

    async fn ask(connection: &mut DB::Connection) -> Result<Answer, Fault> {
        DB::ask(connection).await.map_err(fault::<DB>)
    }

    fn discard(taken: PoolConnection<DB>) {
        // Not `close`, which would wait for a server that may not answer.
        drop(taken.detach());
    }
}

fn fault<DB: Ask>(error: Error) -> Fault {
    let code = error
        .as_database_error()
        .and_then(super::sqlx::error::DatabaseError::code);
    match &error {
        Error::PoolTimedOut => Fault::Unexplained,
        Error::Database(_) => match code {
            Some(code) if DB::is_too_many(&code) => Fault::TooMany(error.into()),
            Some(code) if DB::is_closing(&code) => Fault::Lost(error.into()),
            _ => Fault::Failed(error.into()),
        },
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => Fault::Lost(error.into()),
        _ => Fault::Failed(error.into()),
    }
}
