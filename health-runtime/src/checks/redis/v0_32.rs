//! redis 0.32.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[cfg(feature = "redis-0_32-cluster")]
#[path = "cluster_type.rs"]
mod cluster_type;
#[path = "types.rs"]
mod types;

use ::redis_0_32 as redis;

crate::redis_checks!(
    #[allow(dead_code, unreachable_pub, reason = "for other crates, it makes more than is needed here")]
    mod checks for ::redis_0_32
);
