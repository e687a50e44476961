//! [`redis_checks!`](crate::redis_checks), which expands against the user's own crate.

/// Creates a module with checks for the types of *your* version of the crate `redis`.
///
/// Each version of the crate `redis` has its own types. The features `redis-0_32` and `redis-1` implement
/// [`HealthCheck`](crate::HealthCheck) for two of these versions. For any other version, let this macro create check
/// functions, and name them with `with`:
///
/// ```ignore
/// health_runtime::redis_checks!(mod redis_check for ::redis);
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(with = redis_check::connection)]
///     cache: redis::aio::ConnectionManager,
/// }
/// ```
///
/// The module has these functions:
///
/// | function | for |
/// |---|---|
/// | `connection` | `aio::ConnectionManager`, `aio::MultiplexedConnection`, and any other `aio::ConnectionLike` that is `Clone` and connects to one server |
/// | `client` | `Client` |
/// | `cluster` | `cluster_async::ClusterConnection` |
///
/// The syntax is `redis_checks!(mod NAME for PATH)`. Attributes and a visibility can be written before `mod`. The path
/// names the crate, for example `::redis`, or `deadpool_redis::redis` for the version that `deadpool-redis` brings. It
/// is resolved inside the new module, so it must start with the name of a crate or with `crate`.
///
/// The macro needs no feature of this crate. The crate `redis` needs its features `aio` and `tokio-comp`. The macro is
/// known to work with its versions 0.24 to 1.8 and 2.0.0-rc.2.
///
/// # What is sent
///
/// A run sends `INFO`, which is one round trip. The answer has about 6 KiB. The check never writes. In these cases, a
/// run sends more:
///
/// - If a replica has lost its primary, the run also sends `PING`, to find out whether the replica still answers.
/// - If the last save failed, it also sends `CONFIG GET` for the two settings that decide whether the server then
///   refuses writes.
/// - If the user may not run `INFO`, it sends `PING` instead.
/// - For a cluster, it sends `INFO` to each primary and `CLUSTER INFO` to one node, at the same time.
///
/// # What it finds
///
/// | what it finds | result |
/// |---|---|
/// | the server is a primary, or a replica that is connected to its primary | healthy |
/// | the server was a primary in a run before, and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica has lost its primary, but still answers | degraded, `reported` |
/// | a replica has lost its primary and refuses to answer (`replica-serve-stale-data no`) | unhealthy, `error` |
/// | the server loads its data | unhealthy, `reported` |
/// | the server refuses writes: its memory is full (`noeviction`), its append-only file cannot be written, its last save failed, or it needs replicas (`min-replicas-to-write`) and has none | unhealthy, `reported` |
/// | the last save failed, but the server still takes writes | degraded, `reported` |
/// | the memory is full, and the server has not evicted enough | degraded, `reported` |
/// | every connection that the server accepts is in use, and the check has one of them | degraded, `saturated` |
/// | the server is a Sentinel | unhealthy, `reported` |
/// | the server cannot be reached, refuses the password, accepts no more connections, or does not answer | unhealthy, `error` |
/// | a slot of a cluster is not served, or a primary of the cluster does not answer or is unhealthy | unhealthy, `reported` |
/// | some nodes of a cluster suspect that a node has failed | degraded, `reported` |
///
/// A replica that has lost its primary is only degraded, because it can still be read. If it were unhealthy, an outage
/// of the primary would also take services that only read out of rotation.
///
/// If the last save failed and the user may not run `CONFIG GET`, the check assumes that the server refuses writes,
/// which is the default of Redis.
///
/// If the user may not run `INFO` (`NOPERM`), the check only detects whether the server answers, and has the detail
/// `info = "not permitted"`.
///
/// Servers other than Redis, such as Valkey, do not send all of these fields. A missing field never makes the check
/// fail.
///
/// Details: `version`, `role` (`primary` or `replica`), `read_only`, `primary_link` (of a replica), `used_memory` and
/// `max_memory` in bytes, `clients` and `max_clients`. For a cluster: `nodes`, `version`, `used_memory` and
/// `read_only`.
///
/// # Cost
///
/// A run with a `Client` opens a connection and keeps it for the next runs. The connection is closed after a minute
/// without use, or when it does not answer. There is at most one for each check and server.
///
/// Each step of a run (to connect, to query) waits for at most 3/4 of the time that is left of the check's timeout, or
/// for up to 1 s if the check runs outside of an engine.
///
/// # The cause
///
/// With a `Client`, the message says why there is no connection: a refused connection, no route, a wrong password, the
/// maximum number of clients, or a server that accepts connections but does not answer. If the driver does not report
/// the cause, the run connects once more without the driver.
///
/// A `ConnectionManager` opens lost connections by itself. It reports the cause only after it has given up, which can
/// take 10 seconds (with redis 0.32 and earlier, minutes). Until then, the message contains the last error that is
/// known. If you need the cause earlier, put the `Client` into your state and check that instead.
///
/// A `MultiplexedConnection` never connects again. Once it is lost, its check fails until the process restarts.
///
/// A connection to a cluster does not report why it has no connection to a node, so the run connects to that node once
/// more without the driver. It knows the address only after the cluster has answered once.
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
/// - A primary with fewer replicas than `min-replicas-to-write`, as long as it has one.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, the connection stays usable. These connections are multiplexed:
/// the driver's own task reads each answer to the end and drops it if nobody waits for it any more.
#[macro_export]
macro_rules! redis_checks {
    ($(#[$attribute:meta])* $visibility:vis mod $name:ident for $($segment:ident)::+ $(;)?) => {
        $crate::redis_checks!(@make [$(#[$attribute])*] [$visibility] $name [$($segment)::+]);
    };
    ($(#[$attribute:meta])* $visibility:vis mod $name:ident for $(::$segment:ident)+ $(;)?) => {
        $crate::redis_checks!(@make [$(#[$attribute])*] [$visibility] $name [$(::$segment)+]);
    };
    (@make [$(#[$attribute:meta])*] [$visibility:vis] $name:ident [$($redis:tt)+]) => {
        $(#[$attribute])*
        /// Health checks for types of the crate `redis`, created by `health_runtime::redis_checks!`.
        $visibility mod $name {
            use $crate::checks::redis as __runtime;
            use $($redis)+ as __redis;

            /// Checks the server behind a connection, or behind a manager of connections.
            ///
            /// # Errors
            ///
            /// If the server is not reachable, or answers with an error.
            pub async fn connection<C: AsyncConnection>(connection: &C) -> $crate::CheckResult {
                let address = ::core::ptr::from_ref(connection).cast::<()>() as usize;
                __runtime::connection(&Connection(Clone::clone(connection)), address).await
            }

            /// Checks the server of a client, over a connection that is kept between the runs.
            ///
            /// # Errors
            ///
            /// If the server is not reachable, or answers with an error.
            pub async fn client(client: &__redis::Client) -> $crate::CheckResult {
                __runtime::client(&Client(client)).await
            }

            /// Checks a cluster, over a connection to it.
            ///
            /// # Errors
            ///
            /// If the cluster is not reachable, or answers with an error.
            pub async fn cluster<C: AsyncConnection>(connection: &C) -> $crate::CheckResult {
                __runtime::cluster(&Connection(Clone::clone(connection))).await
            }

            /// A connection that these checks can use: an `aio::ConnectionLike` of this version of the crate `redis`.
            #[diagnostic::on_unimplemented(
                message = "`{Self}` is not an asynchronous connection of the version of `redis` that `redis_checks!` names",
                label = "not an `aio::ConnectionLike` of that version, or not `Clone`",
                note = "for a `redis::Client`, use `client` of the same module",
                note = "for a type of another version of `redis`, make a second module: `redis_checks!(mod … for ::…)`"
            )]
            pub trait AsyncConnection: __redis::aio::ConnectionLike + Clone + Send + Sync + 'static {}

            // Without this, rustc would only name the missing bound, and not show how to fix it.
            #[diagnostic::do_not_recommend]
            impl<C: __redis::aio::ConnectionLike + Clone + Send + Sync + 'static> AsyncConnection for C {}

            #[doc(hidden)]
            #[derive(Clone)]
            pub(super) struct Connection<C>(pub(super) C);

            impl<C: AsyncConnection> Connection<C> {
                async fn ask<T>(&self, command: &[&str]) -> ::core::result::Result<T, __runtime::Failure>
                where
                    T: __redis::FromRedisValue,
                {
                    let mut connection = Clone::clone(&self.0);
                    let mut asked = __redis::Cmd::new();
                    for word in command {
                        asked.arg(*word);
                    }
                    asked.query_async(&mut connection).await.map_err(failure)
                }
            }

            impl<C: AsyncConnection> __runtime::Connection for Connection<C> {
                async fn text(
                    &self,
                    command: &'static [&'static str],
                ) -> ::core::result::Result<::std::string::String, __runtime::Failure> {
                    self.ask(command).await
                }

                async fn pairs(
                    &self,
                    command: &'static [&'static str],
                ) -> ::core::result::Result<
                    ::std::collections::HashMap<::std::string::String, ::std::string::String>,
                    __runtime::Failure,
                > {
                    self.ask(command).await
                }
            }

            struct Client<'a>(&'a __redis::Client);

            impl __runtime::Client for Client<'_> {
                type Connection = Connection<__redis::aio::MultiplexedConnection>;

                async fn open(&self) -> ::core::result::Result<Self::Connection, __runtime::Failure> {
                    let connection = self.0.get_multiplexed_async_connection().await;
                    connection.map(Connection).map_err(failure)
                }

                fn info(&self) -> ::std::string::String {
                    ::std::format!("{:?}", self.0.get_connection_info())
                }
            }

            pub(super) fn failure(error: __redis::RedisError) -> __runtime::Failure {
                __runtime::Failure::new(
                    error.code(),
                    error.is_io_error(),
                    error.is_timeout(),
                    error.is_connection_refusal(),
                    ::std::string::ToString::to_string(&error),
                )
            }
        }
    };
    ($($anything:tt)*) => {
        ::core::compile_error!(
            "expected a name for the new module and the path of your crate `redis`; \
             write `redis_checks!(mod redis_check for ::redis);`"
        );
    };
}
