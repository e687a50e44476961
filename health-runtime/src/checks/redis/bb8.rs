//! The check of a pool of bb8-redis.

use bb8_redis_0_26::RedisConnectionManager;
use bb8_redis_0_26::bb8::Pool;
use bb8_redis_0_26::redis::RedisError;
use bb8_redis_0_26::redis::aio::MultiplexedConnection;

use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::pool::{self, Answer, Asked, Fault};
use crate::checks::redis::v1::{ask, failure};
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
/// | Redis is not reachable, refuses the password, or does not answer | unhealthy, `error` |
///
/// The page of [`redis_checks!`](crate::redis_checks) describes what Redis is asked. The pool tries to connect for 30
/// seconds and does not report the cause, so a run that gets no connection also tries to connect by itself.
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
/// - The maximum number of clients of the server: the message only says that the connection was lost.
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, its connection goes back to the pool and stays usable: the task of
/// the connection reads the answer to its end and drops it.
impl HealthCheck for Pool<RedisConnectionManager> {
    async fn check(&self) -> CheckResult {
        Box::pin(pool::check(self)).await // the driver's futures are large
    }
}

impl ConnectionPool for Pool<RedisConnectionManager> {}

impl Asked<RedisError> for MultiplexedConnection {
    async fn ask(&mut self) -> Result<Answer, Fault> {
        ask(self).await
    }

    fn fault(error: RedisError) -> Fault {
        Fault::Failed(failure(error).into_open_error())
    }
}
