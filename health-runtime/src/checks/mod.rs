//! Checks that you can use as fields of your state, or pass to [`HealthBuilder::check`](crate::HealthBuilder::check).
//!
//! This crate also implements [`HealthCheck`](crate::HealthCheck) for types of other crates. They are listed among the
//! implementors of that trait, each with its feature.

// Each type, and each optional crate, has a file of its own.

#[cfg(unix)]
mod amount;
#[cfg(feature = "_bb8")]
mod bb8;
#[cfg(feature = "bb8-postgres-0_9")]
mod bb8_postgres;
mod channel;
pub(crate) mod closure;
mod collections;
#[cfg(feature = "_deadpool")]
mod deadpool;
#[cfg(feature = "deadpool-postgres-0_14")]
mod deadpool_postgres;
#[cfg(any(feature = "diesel-async-0_9-bb8", feature = "diesel-async-0_9-deadpool"))]
mod diesel_async;
#[cfg(unix)]
mod disk_space;
mod few_idle;
mod file_age;
mod file_system;
pub(crate) mod flag;
pub(crate) mod heartbeat;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(any(test, feature = "_pool"))]
mod pool;
#[cfg(feature = "r2d2_sqlite")]
mod r2d2_sqlite;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(test)]
mod scratch;
#[cfg(any(feature = "sea-orm-1", feature = "sea-orm-2"))]
mod sea_orm;
mod semaphore;
mod sqlx;
mod task;
#[cfg(any(feature = "bb8-postgres-0_9", feature = "deadpool-postgres-0_14"))]
mod tokio_postgres;
#[cfg(feature = "tokio-util-0_7")]
mod tokio_util;

#[cfg(unix)]
pub use self::disk_space::DiskSpace;
pub use self::few_idle::{ConnectionPool, few_idle};
pub use self::file_age::FileAge;
#[cfg(target_os = "linux")]
pub use self::memory::Memory;

/// Checks for the pools of sqlx 0.8, in addition to their [`HealthCheck`](crate::HealthCheck).
#[cfg(any(
    feature = "sqlx-0_8-mysql",
    feature = "sqlx-0_8-postgres",
    feature = "sqlx-0_8-sqlite"
))]
pub mod sqlx_0_8 {
    pub use super::sqlx::v0_8::migrated::{Migrations, migrated};
}

/// Checks for the pools of sqlx 0.9, in addition to their [`HealthCheck`](crate::HealthCheck).
#[cfg(any(
    feature = "sqlx-0_9-mysql",
    feature = "sqlx-0_9-postgres",
    feature = "sqlx-0_9-sqlite"
))]
pub mod sqlx_0_9 {
    pub use super::sqlx::v0_9::migrated::{Migrations, migrated};
}
