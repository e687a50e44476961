//! The check of `bb8::Pool<PostgresConnectionManager<_>>`.

use bb8_postgres::PostgresConnectionManager;
use bb8_postgres::bb8::{ManageConnection, Pool};
use bb8_postgres::tokio_postgres::tls::MakeTlsConnect;
use bb8_postgres::tokio_postgres::{Client, Error, Socket};

use crate::check::HealthCheck;
use crate::checks::pool::{self, Answer, Asked, Fault};
use crate::checks::{ConnectionPool, tokio_postgres};
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
/// | the pool is full, which means that every connection is in use; one comes back during the run, and PostgreSQL answers | degraded, `saturated` |
/// | the pool is full, none comes back during the run, and PostgreSQL answers | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | some connections are in use, and PostgreSQL accepts no further ones | the same as for a full pool |
/// | PostgreSQL cannot be reached, refuses the password, or does not answer | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
/// [`Outcome::exhausted`](crate::Outcome::exhausted).
///
/// The message contains the cause, even if the pool itself only reports a timeout: a refused connection, a wrong
/// password, too many connections, no route, or no answer.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and `read_only`.
///
/// Feature: `bb8-postgres-0_9`.
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
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, its connection goes back to the pool and stays usable, because
/// `tokio-postgres` skips an answer that nobody waits for.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use bb8_postgres::PostgresConnectionManager;
/// use bb8_postgres::bb8::Pool;
/// use bb8_postgres::tokio_postgres::NoTls;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: Pool<PostgresConnectionManager<NoTls>>,
/// }
/// ```
impl<Tls> HealthCheck for Pool<PostgresConnectionManager<Tls>>
where
    Tls: MakeTlsConnect<Socket> + 'static,
    PostgresConnectionManager<Tls>: ManageConnection<Connection = Client, Error = Error>,
{
    async fn check(&self) -> CheckResult {
        pool::check(self).await
    }
}

impl<Tls> ConnectionPool for Pool<PostgresConnectionManager<Tls>>
where
    Tls: MakeTlsConnect<Socket> + 'static,
    PostgresConnectionManager<Tls>: ManageConnection<Connection = Client, Error = Error>,
{
}

impl Asked<Error> for Client {
    async fn ask(&mut self) -> Result<Answer, Fault> {
        tokio_postgres::ask(self).await
    }

    fn fault(error: Error) -> Fault {
        tokio_postgres::fault(error)
    }
}
