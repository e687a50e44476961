//! The check of `deadpool_postgres::Pool`.

use deadpool_postgres::tokio_postgres::Error;
use deadpool_postgres::{ClientWrapper, Pool};

use crate::check::HealthCheck;
use crate::checks::pool::{self, Answer, Asked, Fault};
use crate::checks::{ConnectionPool, tokio_postgres};
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
/// The message contains the cause: a refused connection, a wrong password, too many connections, no route, or no
/// answer.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and `read_only`.
///
/// # Cost
///
/// A run sends `SHOW transaction_read_only` as a simple query, over an idle connection of the pool. This is one round
/// trip, and it also works with PgBouncer in transaction mode. If the pool's recycling method is not `Fast`, which is
/// the default, the pool itself sends one more query.
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
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
impl HealthCheck for Pool {
    async fn check(&self) -> CheckResult {
        pool::check(self).await
    }
}

impl ConnectionPool for Pool {}

impl Asked<Error> for ClientWrapper {
    async fn ask(&mut self) -> Result<Answer, Fault> {
        tokio_postgres::ask(self).await
    }

    fn fault(error: Error) -> Fault {
        tokio_postgres::fault(error)
    }
}
