//! Redis, and servers with the same protocol. Nothing here depends on a version of the crate `redis`: the code that
//! `redis_checks!` creates makes all calls into that crate.
//!
//! ```text
//! macros        `redis_checks!`, which expands against the user's own crate
//! driver        what the macro implements for a version of the crate: a client, a connection, a failure
//! connection    the check of a connection to one server
//! client        the check of a client, which has no connection
//! cluster       the check of a connection to a cluster
//! info          the answers to `INFO` and `CLUSTER INFO`
//! findings      the problems that were found, the worst first
//! judge         decides which problems these answers show
//! greeting      the text that a server sends to a new connection before it gets a command
//! v0_32, v1     the checks of these versions
//! deadpool, bb8  pools of connections of redis 1
//! fred          the client of the crate of this name
//! ```

#[cfg(feature = "bb8-redis-0_26")]
mod bb8;
mod client;
mod cluster;
mod connection;
#[cfg(feature = "deadpool-redis-0_23")]
mod deadpool;
mod driver;
mod findings;
#[cfg(feature = "fred-10")]
mod fred;
mod greeting;
mod info;
mod judge;
mod macros;
#[cfg(test)]
mod tests;
#[cfg(feature = "redis-0_32")]
mod v0_32;
#[cfg(feature = "_redis-1")]
mod v1;

pub use self::client::client;
pub use self::cluster::cluster;
pub use self::connection::connection;
pub use self::driver::{Client, Connection, Failure};
