//! The checks of the types that connect to one server.

use super::checks;
use super::redis::Client;
use super::redis::aio::{ConnectionManager, MultiplexedConnection};
use crate::check::HealthCheck;
use crate::outcome::CheckResult;

/// Checks that Redis answers and can be used.
///
/// A `Client` has no connection, so the check opens one and keeps it for the next runs. A run sends `INFO` over this
/// connection, which is one round trip. The answer has about 6 KiB. The check never writes.
///
/// | what it finds | result |
/// |---|---|
/// | the server is a primary, or a replica that is connected to its primary | healthy |
/// | the server was a primary in a run before, and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica has lost its primary, but still answers | degraded, `reported` |
/// | the server loads its data, refuses writes, or is a Sentinel | unhealthy, `reported` |
/// | the last save failed, or the memory is full, but the server still takes writes | degraded, `reported` |
/// | every connection that the server accepts is in use, and the check has one of them | degraded, `saturated` |
/// | the server cannot be reached, refuses the password, accepts no more connections, or does not answer | unhealthy, `error` |
///
/// The documentation of [`redis_checks!`](crate::redis_checks) describes each of these results.
///
/// The message contains the cause, even if the driver does not report it: a refused connection, no route, a wrong
/// password, the maximum number of clients, or a server that accepts connections but does not answer.
///
/// Details: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of a replica), `used_memory` and
/// `max_memory` in bytes, `clients` and `max_clients`.
///
/// Feature: `redis-0_32` for redis 0.32, `redis-1` for redis 1. For any other version,
/// [`redis_checks!`](crate::redis_checks) creates the same check.
///
/// # Cost
///
/// The connection is closed after a minute without use, or when it does not answer. There is at most one for each check
/// and server. If one check has several clients, for example in a `Vec`, clients with the same address and user share
/// the connection. In redis 1, they share it even if their passwords differ.
///
/// Each step of a run (to connect, to query) waits for at most 3/4 of the time that is left of the check's timeout, or
/// for up to 1 s if the check runs outside of an engine.
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, the connection stays usable. It is multiplexed: its own task reads
/// the answer to the end and drops it.
///
/// # Example
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};
/// # #[derive(Clone)] struct Client;
/// # impl HealthCheck for Client { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "500ms")]
///     cache: Client, // `redis::Client`
/// }
/// ```
impl HealthCheck for Client {
    async fn check(&self) -> CheckResult {
        checks::client(self).await
    }
}

/// Checks that Redis answers over the connection of the manager and can be used.
///
/// A run sends `INFO` over the connection of the manager, which is one round trip. The answer has about 6 KiB. The
/// check opens no connection, and it never writes.
///
/// | what it finds | result |
/// |---|---|
/// | the server is a primary, or a replica that is connected to its primary | healthy |
/// | the server was a primary in a run before, and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica has lost its primary, but still answers | degraded, `reported` |
/// | the server loads its data, refuses writes, or is a Sentinel | unhealthy, `reported` |
/// | the last save failed, or the memory is full, but the server still takes writes | degraded, `reported` |
/// | every connection that the server accepts is in use | degraded, `saturated` |
/// | there is no connection, or no answer | unhealthy, `error` |
///
/// The documentation of [`redis_checks!`](crate::redis_checks) describes each of these results.
///
/// Details: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of a replica), `used_memory` and
/// `max_memory` in bytes, `clients` and `max_clients`.
///
/// Feature: `redis-0_32` for redis 0.32, `redis-1` for redis 1. For any other version,
/// [`redis_checks!`](crate::redis_checks) creates the same check.
///
/// # Cost
///
/// A run waits for at most 3/4 of the check's timeout, or for up to 1 s if it runs outside of an engine.
///
/// # A lost connection
///
/// A manager opens a lost connection again. It reports the cause only after several attempts, which takes about 10
/// seconds in redis 1 and several minutes in redis 0.32. Until then, the message contains the last error that is known.
/// If you need the cause earlier, put the [`Client`] into your state and check that instead.
///
/// With its defaults, the manager of redis 0.32 waits up to a minute between two attempts, so the check can fail for
/// that long after the server is back. `ConnectionManagerConfig::set_max_delay` shortens this time.
///
/// If the server refuses the password when the manager connects again, the manager does not try again. The check, and
/// everything else that uses the manager, then fails until the process restarts.
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, the connection stays usable: its own task reads the answer to the
/// end and drops it. If a run gives up before it is aborted, a task continues to wait for the answer for at most ten
/// minutes, so that later runs can report the error. There is at most one such task for each manager.
///
/// # Example
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};
/// # #[derive(Clone)] struct ConnectionManager;
/// # impl HealthCheck for ConnectionManager { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "500ms")]
///     cache: ConnectionManager, // `redis::aio::ConnectionManager`
/// }
/// ```
impl HealthCheck for ConnectionManager {
    async fn check(&self) -> CheckResult {
        checks::connection(self).await
    }
}

/// Checks that Redis answers over this connection and can be used.
///
/// A `MultiplexedConnection` never connects again. Once it is lost, its check fails until the process restarts. If your
/// service should continue after a restart of Redis, use a [`ConnectionManager`] instead.
///
/// What is sent, the results, the details, the feature and the cancel safety are those of the [`ConnectionManager`].
impl HealthCheck for MultiplexedConnection {
    async fn check(&self) -> CheckResult {
        checks::connection(self).await
    }
}
