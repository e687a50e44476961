//! The check of a pool of deadpool-redis.

use std::time::Duration;

use deadpool::managed::Manager as _;
use deadpool_redis_0_23::redis::RedisError;
use deadpool_redis_0_23::redis::aio::MultiplexedConnection;
use deadpool_redis_0_23::{Connection, Manager, Pool, PoolError, TimeoutType, Timeouts};

use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::pool::deadpool::Identity;
use crate::checks::pool::{self, Answer, Fault, Sizes};
use crate::checks::redis::greeting;
use crate::checks::redis::v1::{self, ask};
use crate::current_run::Owner;
use crate::outcome::CheckResult;

/// Checks that Redis answers over a connection of the pool and can be used.
///
/// A run takes an idle connection, for which the pool sends `PING`, and sends `INFO` over it. These are two round
/// trips. The answer has about 6 KiB. The check never writes.
///
/// | what it finds | result |
/// |---|---|
/// | the server is a primary, or a replica that is connected to its primary | healthy |
/// | the server was a primary in a run before, and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica has lost its primary, but still answers | degraded, `reported` |
/// | the server loads its data, refuses writes, or is a Sentinel | unhealthy, `reported` |
/// | the last save failed, or the memory is full, but the server still takes writes | degraded, `reported` |
/// | the pool is full, which means that every connection is in use; Redis answers the check over another connection | degraded, `saturated` |
/// | the pool is full, Redis answers, and no connection has come back to the pool for [`max_age`](crate::CheckSpec::max_age) | unhealthy, `exhausted` |
/// | some connections are in use, and Redis accepts no further ones | the same as for a full pool |
/// | Redis cannot be reached, refuses the password, or does not answer | unhealthy, `error` |
/// | the pool is closed | unhealthy, `error` |
///
/// The documentation of [`redis_checks!`](crate::redis_checks) describes each of these results.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and the details of the server: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of
/// a replica), `used_memory` and `max_memory` in bytes, `clients` and `max_clients`.
///
/// Feature: `deadpool-redis-0_23`. It brings redis 1.
///
/// # Cost
///
/// If no connection is idle and the pool is not full, the pool opens one. If this takes longer than about a fifth of
/// the time that is left, the run also connects by itself, only to find the cause.
///
/// Each step of a run (to connect, to query) waits for at most 3/4 of the time that is left of the check's timeout, or
/// for up to 1 s if the check runs outside of an engine.
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
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
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
/// # use deadpool_redis_0_23 as deadpool_redis;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "500ms")]
///     cache: deadpool_redis::Pool,
/// }
/// ```
impl HealthCheck for Pool {
    async fn check(&self) -> CheckResult {
        Box::pin(pool::check(self)).await // the driver's futures are large
    }
}

impl ConnectionPool for Pool {}

fn waiting(wait: Option<Duration>) -> Timeouts {
    Timeouts {
        wait,
        create: None,
        recycle: None,
    }
}

/// Why the pool gave no connection.
async fn unopened(manager: &Manager, error: PoolError) -> Fault {
    match error {
        PoolError::Backend(error) => refused(manager, error).await,
        error => Fault::Failed(error.into()),
    }
}

/// Why no connection could be opened. The driver does not report every cause. If it does not, the check connects
/// without the driver.
async fn refused(manager: &Manager, error: RedisError) -> Fault {
    let failure = v1::failure(error);
    let seen = if failure.is_unexplained() {
        greeting::look(&format!("{manager:?}")).await
    } else {
        None
    };
    match seen {
        Some(seen) if seen.to_string().contains(greeting::TOO_MANY) => Fault::TooMany(seen),
        Some(seen) => Fault::Failed(seen),
        None => Fault::Failed(failure.into_open_error()),
    }
}

impl pool::Pool for Pool {
    type Connection = MultiplexedConnection;
    type Taken = Connection;

    fn owner(&self) -> Option<Box<dyn Owner>> {
        Some(Box::new(Identity::of(self)))
    }

    fn sizes(&self) -> Sizes {
        let status = self.status();
        Sizes {
            size: status.size,
            idle: status.available,
            max: status.max_size,
        }
    }

    fn is_closed(&self) -> bool {
        Pool::is_closed(self)
    }

    async fn take_idle(&self) -> Result<Option<Connection>, Fault> {
        if self.status().available == 0 {
            return Ok(None);
        }
        match self.timeout_get(&waiting(Some(Duration::ZERO))).await {
            Ok(connection) => Ok(Some(connection)),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Ok(None),
            Err(error) => Err(unopened(self.manager(), error).await),
        }
    }

    async fn take(self) -> Result<Connection, Fault> {
        match self.timeout_get(&waiting(None)).await {
            Ok(connection) => Ok(connection),
            Err(error) => Err(unopened(self.manager(), error).await),
        }
    }

    async fn open(&self) -> Result<MultiplexedConnection, Fault> {
        match self.manager().create().await {
            Ok(connection) => Ok(connection),
            Err(error) => Err(refused(self.manager(), error).await),
        }
    }

    async fn ask(connection: &mut MultiplexedConnection) -> Result<Answer, Fault> {
        ask(connection).await
    }

    fn discard(taken: Connection) {
        drop(Connection::take(taken));
    }
}
