//! The check of the pools of the crate `diesel-async`.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{ConnectionError, DatabaseErrorKind, Error};
use diesel::sql_types::Text;
use diesel_async::pooled_connection::PoolError;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::checks::pool::{Answer, Asked, Fault};

/// Checks that PostgreSQL answers, and whether it takes writes.
///
/// | what it finds | result |
/// |---|---|
/// | an answer, over an idle connection of the pool | healthy |
/// | an answer, but it took writes before and is read-only now (a demoted primary) | unhealthy, `read_only` |
/// | every connection is in use, and the database answers | degraded, `saturated` |
/// | every connection is in use, the database answers, and no connection has come back to the pool within `max_age` | unhealthy, `exhausted` |
/// | connections are in use, and PostgreSQL accepts no more of them | as when every connection is in use |
/// | PostgreSQL is not reachable, refuses the password, or does not answer; or the pool is closed | unhealthy, `error` |
///
/// The message contains the cause as far as diesel-async reports it. It does not report why a connection could not be
/// opened: the message is then `error connecting to server`, no matter whether the connection was refused or there is
/// no route.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and `read_only`.
///
/// # Cost
///
/// A run reads the setting `transaction_read_only` over an idle connection of the pool. On each connection, the first
/// run prepares this query; after that, it is one round trip. With the recycling methods `Verified`, which is the
/// default, and `CustomQuery`, the pool itself sends one more query.
///
/// A run never waits in the queue of the pool, so it takes no connection away from a request. While the pool is full,
/// it asks over a connection of its own instead, which the pool's manager opens. This connection is closed when it has
/// not been needed for a minute. There is at most one for each check.
///
/// If the pool has no connection, the run lets the pool open one. If that takes longer than about a third of the time
/// that the run has left, the run also tries to connect by itself, to find the cause.
///
/// # What it does not detect
///
/// - A disk that is full. Only a write would reveal it.
/// - Missing tables or migrations.
/// - Permissions of single tables.
/// - That PostgreSQL accepts no more connections, if its messages are not in English (`lc_messages`). The check then
///   fails, even while the pool has connections in use.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
#[cfg(feature = "diesel-async-0_9-deadpool")]
impl crate::check::HealthCheck for diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection> {
    async fn check(&self) -> crate::outcome::CheckResult {
        crate::checks::pool::check(self).await
    }
}

#[cfg(feature = "diesel-async-0_9-deadpool")]
impl crate::checks::ConnectionPool for diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection> {}

/// Checks that PostgreSQL answers, and whether it takes writes.
///
/// | what it finds | result |
/// |---|---|
/// | an answer, over an idle connection of the pool | healthy |
/// | an answer, but it took writes before and is read-only now (a demoted primary) | unhealthy, `read_only` |
/// | every connection is in use, one comes back during the run, and the database answers | degraded, `saturated` |
/// | every connection is in use, none comes back during the run, and the database answers | `exhausted` |
/// | connections are in use, and PostgreSQL accepts no more of them | `exhausted` |
/// | PostgreSQL is not reachable, refuses the password, or does not answer | unhealthy, `error` |
///
/// As long as the check's last success is more recent than its `max_age`, `exhausted` is
/// [lowered](crate::Outcome::exhausted) to `saturated`, because a busy pool does not mean that the database is down.
///
/// The message contains the cause as far as diesel-async reports it. It does not report why a connection could not be
/// opened: the message is then `error connecting to server`, no matter whether the connection was refused or there is
/// no route.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and `read_only`.
///
/// # Cost
///
/// A run reads the setting `transaction_read_only` over an idle connection of the pool. On each connection, the first
/// run prepares this query; after that, it is one round trip. With `test_on_check_out`, which is the default, the pool
/// itself sends one more query.
///
/// While the pool is full, each run opens a connection with the pool's `dedicated_connection`, asks over it, and closes
/// it. Meanwhile, it waits in the queue of the pool, for less than half of the time that the run has left. A connection
/// that it receives there is given back at once.
///
/// If the pool has no connection, the run lets the pool open one. If that takes longer than about a third of the time
/// that the run has left, the run also tries to connect by itself, to find the cause.
///
/// # What it does not detect
///
/// - A disk that is full. Only a write would reveal it.
/// - Missing tables or migrations.
/// - Permissions of single tables.
/// - That PostgreSQL accepts no more connections, if its messages are not in English (`lc_messages`). The check then
///   fails, even while the pool has connections in use.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection goes back to the pool and stays usable: such a
/// connection skips an answer that nobody waits for.
#[cfg(feature = "diesel-async-0_9-bb8")]
impl crate::check::HealthCheck for diesel_async::pooled_connection::bb8::Pool<AsyncPgConnection> {
    async fn check(&self) -> crate::outcome::CheckResult {
        crate::checks::pool::check(self).await
    }
}

#[cfg(feature = "diesel-async-0_9-bb8")]
impl crate::checks::ConnectionPool for diesel_async::pooled_connection::bb8::Pool<AsyncPgConnection> {}

/// A query that each connection prepares once. Diesel's `sql_query` would prepare it in each run.
#[derive(Clone, Copy, Debug)]
struct ReadOnly;

impl QueryId for ReadOnly {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ReadOnly {
    type SqlType = Text;
}

impl QueryFragment<Pg> for ReadOnly {
    /// A standby answers `on`, and so does a primary with `default_transaction_read_only`.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql("SELECT current_setting('transaction_read_only')");
        Ok(())
    }
}

impl Asked<PoolError> for AsyncPgConnection {
    async fn ask(&mut self) -> Result<Answer, Fault> {
        let setting: String = ReadOnly.get_result(self).await.map_err(fault)?;
        Ok(Answer {
            read_only: Some(setting == "on"),
            found: None,
        })
    }

    fn fault(error: PoolError) -> Fault {
        match error {
            PoolError::QueryError(error)
            | PoolError::ConnectionError(ConnectionError::CouldntSetupConfiguration(error)) => fault(error),
            PoolError::ConnectionError(error) => Fault::Failed(error.into()),
        }
    }
}

/// Diesel keeps no code of PostgreSQL's errors, only their text.
fn fault(error: Error) -> Fault {
    let text = error.to_string();
    match error {
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _) => {
            Fault::Lost(error.into())
        }
        Error::DatabaseError(..) if text.contains("too many c") || text.contains("connection slots are reserved") => {
            Fault::TooMany(error.into())
        }
        // The server is shutting down, or starting.
        Error::DatabaseError(..)
            if text.contains("terminating connection") || text.contains("the database system is") =>
        {
            Fault::Lost(error.into())
        }
        Error::BrokenTransactionManager => Fault::Lost(error.into()),
        error => Fault::Failed(error.into()),
    }
}
