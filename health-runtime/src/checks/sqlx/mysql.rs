//! The check of `sqlx::MySqlPool`, for MySQL and MariaDB.

use super::pool::Ask;
use super::sqlx::{Error, Executor as _, MySql, MySqlConnection, MySqlPool, Row as _};
use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::pool::{self, Answer};
use crate::outcome::CheckResult;

/// Checks that MySQL or MariaDB answers, and whether it takes writes.
///
/// | what it finds | result |
/// |---|---|
/// | an answer, over an idle connection of the pool | healthy |
/// | an answer, but it took writes before and is read-only now (a demoted primary) | unhealthy, `read_only` |
/// | every connection is in use, and the database answers | degraded, `saturated` |
/// | every connection is in use, the database answers, and no connection has come back to the pool within `max_age` | unhealthy, `exhausted` |
/// | connections are in use, and the server accepts no more of them | as when every connection is in use |
/// | the server is not reachable, refuses the password, or does not answer; or the pool is closed | unhealthy, `error` |
///
/// The message contains the cause, also where the pool itself only reports a timeout.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and `read_only`.
///
/// # Cost
///
/// A run sends one query, which reads the server's settings `read_only` and `innodb_read_only`, over an idle connection
/// of the pool. This is one round trip. When sqlx takes the connection back, it sends one more message.
///
/// A run never waits in the queue of the pool, so it takes no connection away from a request. While the pool is full,
/// it asks over a connection of its own instead. This connection is closed when it has not been needed for a minute.
/// There is at most one for each check.
///
/// # What it does not detect
///
/// - A disk that is full. Only a write would reveal it.
/// - Missing tables or migrations.
/// - Whether replication runs.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
impl HealthCheck for MySqlPool {
    async fn check(&self) -> CheckResult {
        pool::check(self).await
    }
}

impl ConnectionPool for MySqlPool {}

impl Ask for MySql {
    /// A number in most versions, and a word in newer versions of MariaDB.
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
