//! The check of the pools of the crate `diesel-async`.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{ConnectionError, DatabaseErrorKind, Error};
use diesel::sql_types::Text;
use diesel_async::pooled_connection::PoolError;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::checks::pool::{Answer, Asked, Fault};

/// Checks that PostgreSQL answers, and that it still takes writes if it took them before.
///
/// A run sends `SELECT current_setting('transaction_read_only')` over an idle connection of the pool. This is one round
/// trip. The first run on each connection also prepares the statement. The check never writes.
///
/// | what it finds | result |
/// |---|---|
/// | PostgreSQL answers | healthy |
/// | PostgreSQL is read-only, and was read-only in every run before (a replica) | healthy |
/// | PostgreSQL is read-only now, and took writes in a run before (for example a primary that was demoted) | unhealthy, `read_only` |
/// | the pool is full, which means that every connection is in use; PostgreSQL answers the check over another connection | degraded, `saturated` |
/// | the pool is full, PostgreSQL answers, and no connection has come back to the pool for [`max_age`](crate::CheckSpec::max_age) | unhealthy, `exhausted` |
/// | some connections are in use, and PostgreSQL accepts no further ones | the same as for a full pool |
/// | PostgreSQL cannot be reached, refuses the password, or does not answer | unhealthy, `error` |
/// | the pool is closed | unhealthy, `error` |
///
/// The message contains the cause as far as diesel-async reports it. If no connection can be opened, diesel-async
/// reports only `error connecting to server`, whether the connection was refused or there is no route.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and `read_only`.
///
/// Feature: `diesel-async-0_9-deadpool`.
///
/// # Cost
///
/// With the recycling methods `Verified`, which is the default, and `CustomQuery`, the pool sends a query of its own
/// before the run does.
///
/// If no connection is idle and the pool is not full, the pool opens one. If this takes longer than about a fifth of
/// the time that is left, the run also connects by itself, only to find the cause.
///
/// Each step of a run waits for at most 3/4 of the time that is left of the check's timeout. If the check runs outside
/// of an engine, each step waits for up to 1 s. The steps are to get a connection and to query.
///
/// # A full pool
///
/// The check never holds a connection that a request needs. While the pool is full, a run queries over a connection of
/// its own, which the pool's manager opens. There is at most one such connection for each check and pool, and it is
/// closed after a minute without use.
///
/// The check also waits in the queue of the pool, to find out whether any connection comes back. It gives a connection
/// that it receives there back at once. A run waits for this for at most 3/8 of the time that is left, and its place in
/// the queue is kept for the next run.
///
/// # What it does not detect
///
/// - A disk that is full. Only a write would reveal it.
/// - Missing tables or migrations.
/// - Missing permissions on a table.
/// - That PostgreSQL accepts no further connections, if its messages are not in English (`lc_messages`). The check then
///   fails, even while the pool has connections in use.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use diesel_async::AsyncPgConnection;
/// use diesel_async::pooled_connection::deadpool::Pool;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: Pool<AsyncPgConnection>,
/// }
/// ```
#[cfg(feature = "diesel-async-0_9-deadpool")]
impl crate::check::HealthCheck for diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection> {
    async fn check(&self) -> crate::outcome::CheckResult {
        crate::checks::pool::check(self).await
    }
}

#[cfg(feature = "diesel-async-0_9-deadpool")]
impl crate::checks::ConnectionPool for diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection> {}

/// Checks that PostgreSQL answers, and that it still takes writes if it took them before.
///
/// A run sends `SELECT current_setting('transaction_read_only')` over an idle connection of the pool. This is one round
/// trip. The first run on each connection also prepares the statement. The check never writes.
///
/// | what it finds | result |
/// |---|---|
/// | PostgreSQL answers | healthy |
/// | PostgreSQL is read-only, and was read-only in every run before (a replica) | healthy |
/// | PostgreSQL is read-only now, and took writes in a run before (for example a primary that was demoted) | unhealthy, `read_only` |
/// | the pool is full, which means that every connection is in use; one comes back during the run, and PostgreSQL answers | degraded, `saturated` |
/// | the pool is full, none comes back during the run, and PostgreSQL answers | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | some connections are in use, and PostgreSQL accepts no further ones | the same as for a full pool |
/// | PostgreSQL cannot be reached, refuses the password, or does not answer | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
/// [`Outcome::exhausted`](crate::Outcome::exhausted).
///
/// The message contains the cause as far as diesel-async reports it. If no connection can be opened, diesel-async
/// reports only `error connecting to server`, whether the connection was refused or there is no route.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and `read_only`.
///
/// Feature: `diesel-async-0_9-bb8`.
///
/// # Cost
///
/// With `test_on_check_out`, which is on by default, the pool sends a query of its own before the run does.
///
/// If no connection is idle and the pool is not full, the pool opens one. If this takes longer than about a fifth of
/// the time that is left, the run also connects by itself, only to find the cause.
///
/// Each step of a run waits for at most 3/4 of the time that is left of the check's timeout. If the check runs outside
/// of an engine, each step waits for up to 1 s. The steps are to get a connection and to query.
///
/// # A full pool
///
/// The check never holds a connection that a request needs. While the pool is full, each run opens a connection with
/// the pool's `dedicated_connection`, queries over it, and closes it.
///
/// Meanwhile, the run waits in the queue of the pool, for at most 3/8 of the time that is left, to find out whether any
/// connection comes back. It gives a connection that it receives there back at once.
///
/// # What it does not detect
///
/// - A disk that is full. Only a write would reveal it.
/// - Missing tables or migrations.
/// - Missing permissions on a table.
/// - That PostgreSQL accepts no further connections, if its messages are not in English (`lc_messages`). The check then
///   fails, even while the pool has connections in use.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, its connection goes back to the pool and stays usable, because the
/// connection skips an answer that nobody waits for.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use diesel_async::AsyncPgConnection;
/// use diesel_async::pooled_connection::bb8::Pool;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: Pool<AsyncPgConnection>,
/// }
/// ```
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
