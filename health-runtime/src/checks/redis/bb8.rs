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
/// | the pool is full, which means that every connection is in use; one comes back during the run, and Redis answers | degraded, `saturated` |
/// | the pool is full, none comes back during the run, and Redis answers | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | Redis cannot be reached, refuses the password, accepts no more connections, or does not answer | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
/// [`Outcome::exhausted`](crate::Outcome::exhausted).
///
/// The documentation of [`redis_checks!`](crate::redis_checks) describes each of these results.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; `max`, which is the largest size of
/// the pool; and the details of the server: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of
/// a replica), `used_memory` and `max_memory` in bytes, `clients` and `max_clients`.
///
/// Feature: `bb8-redis-0_26`. It brings redis 1.
///
/// # Cost
///
/// If no connection is idle and the pool is not full, the pool opens one. If this takes longer than about a fifth of
/// the time that is left, the run also connects by itself, only to find the cause: the pool tries for 30 seconds by
/// default, and does not report it.
///
/// Each step of a run (to connect, to query) waits for at most 3/4 of the time that is left of the check's timeout, or
/// for up to 1 s if the check runs outside of an engine.
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
/// - That the server has reached its maximum number of clients. The message then only says that the connection was
///   lost.
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, its connection goes back to the pool and stays usable: the task of
/// the connection reads the answer to the end and drops it.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// # use bb8_redis_0_26 as bb8_redis;
/// use bb8_redis::RedisConnectionManager;
/// use bb8_redis::bb8::Pool;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "500ms")]
///     cache: Pool<RedisConnectionManager>,
/// }
/// ```
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
