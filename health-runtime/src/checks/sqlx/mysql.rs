//! The check of `sqlx::MySqlPool`, for MySQL and MariaDB.

use super::pool::Ask;
use super::sqlx::{Error, Executor as _, MySql, MySqlConnection, MySqlPool, Row as _};
use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::pool::{self, Answer};
use crate::outcome::CheckResult;

/// Checks that MySQL or MariaDB answers, and that it still takes writes if it took them before.
///
/// A run sends one query, which reads the server's settings `read_only` and `innodb_read_only`, over an idle connection
/// of the pool. This is one round trip. The check never writes.
///
/// | what it finds | result |
/// |---|---|
/// | the server answers | healthy |
/// | the server is read-only, and was read-only in every run before (a replica) | healthy |
/// | the server is read-only now, and took writes in a run before (for example a primary that was demoted) | unhealthy, `read_only` |
/// | the pool is full, which means that every connection is in use; the server answers the check over another connection | degraded, `saturated` |
/// | the pool is full, the server answers, and no connection has come back to the pool for [`max_age`](crate::CheckSpec::max_age) | unhealthy, `exhausted` |
/// | some connections are in use, and the server accepts no further ones | the same as for a full pool |
/// | the server cannot be reached, refuses the password, or does not answer | unhealthy, `error` |
/// | the pool is closed | unhealthy, `error` |
///
/// The message contains the cause, even if the pool itself only reports a timeout: a refused connection, a wrong
/// password, too many connections, no route, or no answer.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and `read_only`.
///
/// Feature: `sqlx-0_8-mysql` for sqlx 0.8, `sqlx-0_9-mysql` for sqlx 0.9.
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
/// - Whether replication runs.
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
/// # #[derive(Clone)] struct MySqlPool;
/// # impl HealthCheck for MySqlPool { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: MySqlPool, // `sqlx::MySqlPool`
/// }
/// ```
impl HealthCheck for MySqlPool {
    async fn check(&self) -> CheckResult {
        pool::check(self).await
    }
}

impl ConnectionPool for MySqlPool {}

impl Ask for MySql {
    /// Each setting is a number in most versions, and a word in newer versions of MariaDB.
    async fn ask(connection: &mut MySqlConnection) -> Result<Answer, Error> {
        let settings = "SELECT CAST(@@global.read_only AS CHAR), CAST(@@global.innodb_read_only AS CHAR)";
        let rows = connection.fetch_all(settings).await?;
        let row = rows.first().ok_or(Error::RowNotFound)?;
        let is_on = |column: usize| -> Result<bool, Error> {
            let setting: String = row.try_get(column)?;
            Ok(setting != "0" && !setting.eq_ignore_ascii_case("off"))
        };
        Ok(Answer {
            read_only: Some(is_on(0)? || is_on(1)?),
            ..Answer::default()
        })
    }

    /// `ER_CON_COUNT_ERROR` and `ER_TOO_MANY_USER_CONNECTIONS`
    fn is_too_many(code: &str) -> bool {
        matches!(code, "1040" | "1203" | "08004")
    }

    /// `ER_SERVER_SHUTDOWN`, and the class of connection errors
    fn is_closing(code: &str) -> bool {
        code == "1053" || code.starts_with("08")
    }
}
