//! The check of `sqlx::PgPool`.

use super::pool::Ask;
use super::sqlx::{Error, Executor as _, PgConnection, PgPool, Postgres, Row as _};
use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::pool::{self, Answer};
use crate::outcome::CheckResult;

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
/// The message contains the cause, also where the pool itself only reports a timeout: a refused connection, a wrong
/// password, too many connections, no route, or no answer. PgBouncer does not tell its clients why it cannot log in to
/// PostgreSQL: the message is then `server login has been failing`, and the cause is in the log of PgBouncer.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and `read_only`.
///
/// # Cost
///
/// A run sends `SHOW transaction_read_only` as a simple query, over an idle connection of the pool. This is one round
/// trip, and it also works with PgBouncer in transaction mode. When sqlx takes the connection back, it sends one more
/// message.
///
/// A run never waits in the queue of the pool, so it takes no connection away from a request. While the pool is full,
/// it asks over a connection of its own instead. This connection is closed when it has not been needed for a minute.
/// There is at most one for each check.
///
/// If the pool has no connection, the run lets the pool open one. If that takes longer than about a third of the time
/// that the run has left, the run also tries to connect by itself, to find the cause.
///
/// # What it does not detect
///
/// - A disk that is full. Only a write would reveal it.
/// - Missing tables or migrations.
/// - Permissions of single tables.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
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
