//! Checks that you can use as fields of your state, or pass to [`HealthBuilder::check`](crate::HealthBuilder::check).
//!
//! This crate also implements [`HealthCheck`](crate::HealthCheck) for types of other crates. They are listed among the
//! implementors of that trait, each with its feature.

// Each type, and each optional crate, has a file of its own.

pub(crate) mod closure;
mod collections;
mod few_idle;
pub(crate) mod flag;
pub(crate) mod heartbeat;
mod patience;
#[cfg(any(test, feature = "_pool"))]
mod pool;
#[doc(hidden)] // for the code that `redis_checks!` makes
pub mod redis;
mod spare;
mod sqlx;
mod task;

pub use self::few_idle::{ConnectionPool, few_idle};
