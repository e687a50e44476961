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

/// Checks that Redis answers over a connection of the pool, and has what the service needs.
///
/// | what it finds | result |
/// |---|---|
/// | an answer from a primary, or from a replica that is connected to its primary, over an idle connection of the pool | healthy |
/// | a server that was a primary and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica that has lost its primary, but still answers | degraded |
/// | a server that is loading its data, that refuses writes, or that is a Sentinel | unhealthy |
/// | a failed save or a full memory, but the server takes writes | degraded |
/// | every connection of the pool is in use, and Redis answers | degraded, `saturated` |
/// | every connection is in use, Redis answers, and no connection has come back to the pool within `max_age` | unhealthy, `exhausted` |
/// | connections are in use, and Redis accepts no more of them | as when every connection is in use |
/// | Redis is not reachable, refuses the password, or does not answer; or the pool is closed | unhealthy, `error` |
///
/// The page of [`redis_checks!`](crate::redis_checks) describes what Redis is asked.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool, and those of a single connection: `version`, `role`,
/// `read_only`, `primary_link`, `used_memory`, `max_memory`, `clients` and `max_clients`.
///
/// # Cost
///
/// A run takes an idle connection, for which the pool sends `PING`, and sends `INFO`. These are two round trips. If the
/// pool has no connection, the run lets the pool open one.
///
/// A run never waits in the queue of the pool, so it takes no connection away from a request. While the pool is full,
/// it asks over a connection of its own instead. This connection is closed when it has not been needed for a minute.
/// There is at most one for each check.
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection is closed, and the pool opens a new one when it
/// needs one.
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

/// Why no connection could be opened. The driver does not report all causes, so a run looks for itself.
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
