//! The check of `sqlx::PgPool`.

use super::pool::Ask;
use super::sqlx::{Error, Executor as _, PgConnection, PgPool, Postgres, Row as _};
use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::pool::{self, Answer};
use crate::outcome::CheckResult;

/// Checks that PostgreSQL answers, and that it still takes writes if it took them before.
///
/// A run sends `SHOW transaction_read_only` as a simple query, over an idle connection of the pool. This is one round
/// trip, and it also works with PgBouncer in transaction mode. The check never writes.
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
/// The message contains the cause, even if the pool itself only reports a timeout: a refused connection, a wrong
/// password, too many connections, no route, or no answer. PgBouncer does not tell its clients why it cannot log in to
/// PostgreSQL: the message is then `server login has been failing`, and the cause is in the log of PgBouncer.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and `read_only`.
///
/// Feature: `sqlx-0_8-postgres` for sqlx 0.8, `sqlx-0_9-postgres` for sqlx 0.9.
///
/// # Cost
///
/// When sqlx takes the connection back, it sends one more message.
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
/// its own. There is at most one such connection for each check and pool, and it is closed after a minute without use.
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
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
///
/// # Example
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};
/// # #[derive(Clone)] struct PgPool;
/// # impl HealthCheck for PgPool { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: PgPool, // `sqlx::PgPool`
/// }
/// ```
impl HealthCheck for PgPool {
    async fn check(&self) -> CheckResult {
        pool::check(self).await
    }
}

impl ConnectionPool for PgPool {}

impl Ask for Postgres {
    /// A standby answers `on`, and so does a primary with `default_transaction_read_only`.
    async fn ask(connection: &mut PgConnection) -> Result<Answer, Error> {
        let rows = connection.fetch_all("SHOW transaction_read_only").await?;
        let row = rows.first().ok_or(Error::RowNotFound)?;
        let setting: String = row.try_get(0)?;
        Ok(Answer {
            read_only: Some(setting == "on"),
            ..Answer::default()
        })
    }

    /// `too_many_connections`
    fn is_too_many(code: &str) -> bool {
        code == "53300"
    }

    /// `admin_shutdown`, `crash_shutdown`, `cannot_connect_now`, `idle_session_timeout` and the like, and the class of
    /// connection errors
    fn is_closing(code: &str) -> bool {
        code.starts_with("57P") || code.starts_with("08")
    }
}
