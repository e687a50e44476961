//! redis 1.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[cfg(feature = "redis-1-cluster")]
#[path = "cluster_type.rs"]
mod cluster_type;
#[cfg(feature = "redis-1")]
#[path = "types.rs"]
mod types;

#[allow(unused_imports, reason = "not every feature needs it")]
use ::redis_1 as redis;

#[cfg(any(feature = "bb8-redis-0_26", feature = "deadpool-redis-0_23"))]
use crate::checks::pool::{Answer, Fault};

crate::redis_checks!(
    #[allow(dead_code, unreachable_pub, reason = "for other crates, it makes more than is needed here")]
    mod checks for ::redis_1
);

/// Sends `INFO` over a connection of a pool.
#[cfg(any(feature = "bb8-redis-0_26", feature = "deadpool-redis-0_23"))]
pub(super) async fn ask(connection: &redis::aio::MultiplexedConnection) -> Result<Answer, Fault> {
    let connection = checks::Connection(connection.clone());
    match super::connection::ask(&connection).await {
        Ok(outcome) => Ok(Answer {
            read_only: None, // the outcome has it
            found: Some(outcome),
        }),
        Err(failure) => Err(failure.into_fault()),
    }
}

/// Why a pool could not open a connection.
#[cfg(any(feature = "bb8-redis-0_26", feature = "deadpool-redis-0_23"))]
pub(super) fn failure(error: redis::RedisError) -> super::Failure {
    checks::failure(error)
}
