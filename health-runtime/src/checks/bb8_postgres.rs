//! The check of `bb8::Pool<PostgresConnectionManager<_>>`.

use bb8_postgres::PostgresConnectionManager;
use bb8_postgres::bb8::{ManageConnection, Pool};
use bb8_postgres::tokio_postgres::tls::MakeTlsConnect;
use bb8_postgres::tokio_postgres::{Client, Error, Socket};

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
/// | every connection is in use, one comes back during the run, and the database answers | degraded, `saturated` |
/// | every connection is in use, none comes back during the run, and the database answers | `exhausted` |
/// | connections are in use, and PostgreSQL accepts no more of them | `exhausted` |
/// | PostgreSQL is not reachable, refuses the password, or does not answer | unhealthy, `error` |
///
/// As long as the check's last success is more recent than its `max_age`, `exhausted` is
/// [lowered](crate::Outcome::exhausted) to `saturated`, because a busy pool does not mean that the database is down.
///
/// The message contains the cause, although the pool itself only reports a timeout: a refused connection, a wrong
/// password, too many connections, no route, or no answer.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and `read_only`.
///
/// # Cost
///
/// A run takes an idle connection of the pool, and sends `SHOW transaction_read_only` as a simple query. This is one
/// round trip, and it also works with PgBouncer in transaction mode. With `test_on_check_out`, which is the default,
/// the pool itself sends one more query.
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
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection goes back to the pool and stays usable: a
/// connection of `tokio-postgres` skips an answer that nobody waits for.
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
