//! The checks of the types that connect to one server.

use super::checks;
use super::redis::Client;
use super::redis::aio::{ConnectionManager, MultiplexedConnection};
use crate::check::HealthCheck;
use crate::outcome::CheckResult;

/// Checks that Redis answers and has what the service needs. The check keeps a connection of its own, because a
/// `Client` has none.
///
/// | what it finds | result |
/// |---|---|
/// | an answer from a primary, or from a replica that is connected to its primary | healthy |
/// | a server that was a primary and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica that has lost its primary, but still answers | degraded |
/// | a server that is loading its data, that refuses writes, or that is a Sentinel | unhealthy |
/// | a failed save or a full memory, but the server takes writes | degraded |
/// | all connections that the server accepts are in use, and the check has one of them | degraded, `saturated` |
/// | the server is not reachable, refuses the password, accepts no more connections, or does not answer | unhealthy, `error` |
///
/// The message contains the cause, also where the driver does not report it: connection refused, no route, a wrong
/// password, the maximum number of clients, or a server that accepts connections but does not answer.
///
/// Details: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of a replica), `used_memory`,
/// `max_memory`, `clients` and `max_clients`.
///
/// The page of [`redis_checks!`](crate::redis_checks), which makes the same check for any other version of the crate,
/// describes each of these results.
///
/// # Cost
///
/// A run sends `INFO` over the connection that the check keeps, which is one round trip. The answer has about 6 KiB.
/// The connection is closed when it has not been needed for a minute, or when it does not answer. There is at most one
/// for each check and server. Clients that connect to the same place as the same user share it, even if their passwords
/// differ (in redis 1).
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, the connection stays usable: it is multiplexed, so its task reads
/// the answer to its end and drops it.
impl HealthCheck for Client {
    async fn check(&self) -> CheckResult {
        checks::client(self).await
    }
}

/// Checks that Redis answers over the connection of the manager, and has what the service needs.
///
/// | what it finds | result |
/// |---|---|
/// | an answer from a primary, or from a replica that is connected to its primary | healthy |
/// | a server that was a primary and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica that has lost its primary, but still answers | degraded |
/// | a server that is loading its data, that refuses writes, or that is a Sentinel | unhealthy |
/// | a failed save or a full memory, but the server takes writes | degraded |
/// | all connections that the server accepts are in use | degraded, `saturated` |
/// | no answer, or no connection | unhealthy, `error` |
///
/// Details: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of a replica), `used_memory`,
/// `max_memory`, `clients` and `max_clients`.
///
/// The page of [`redis_checks!`](crate::redis_checks), which makes the same check for any other version of the crate,
/// describes each of these results.
///
/// # Cost
///
/// A run sends `INFO` over the connection of the manager, which is one round trip. The answer has about 6 KiB. The
/// check opens no connection.
///
/// # What it does not detect
///
/// - Why there is no connection, until the manager reports it. It first tries to connect several times, which takes
///   about
///   10 seconds in redis 1 and several minutes in redis 0.32. Until then, the message contains the last known error. If
///   you need the cause earlier, put the [`Client`] into your state and check that instead.
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// With its defaults, the manager of redis 0.32 waits up to a minute between two attempts, so the check can fail for
/// that long after the server is back. `ConnectionManagerConfig::set_max_delay` shortens this.
///
/// If the server refuses the password when the manager connects again, the manager does not try again. Then the check
/// fails until the process restarts, and so does everything else that uses the manager.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, the connection stays usable: the task of the connection reads the
/// answer to its end and drops it. If a run gives up waiting by itself, its question goes on in a task for at most ten
/// minutes, so that later runs can report its error. There is at most one such task for each manager.
impl HealthCheck for ConnectionManager {
    async fn check(&self) -> CheckResult {
        checks::connection(self).await
    }
}

/// Checks that Redis answers over this connection, and has what the service needs.
///
/// A `MultiplexedConnection` never connects again. Once it is lost, its check fails until the process restarts. Use a
/// [`ConnectionManager`] instead if the service is to go on after a restart of Redis.
///
/// The results, the details, the cost, what it does not detect and the cancel safety are the same as those of a
/// [`ConnectionManager`].
impl HealthCheck for MultiplexedConnection {
    async fn check(&self) -> CheckResult {
        checks::connection(self).await
    }
}
