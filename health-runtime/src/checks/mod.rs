//! Checks that you can use as fields of your state, or pass to [`HealthBuilder::check`](crate::HealthBuilder::check).
//!
//! This crate also implements [`HealthCheck`](crate::HealthCheck) for types of other crates. See the
//! [implementations](crate::HealthCheck#foreign-impls), and [the table](crate::_documentation::checks) of all types and
//! their features.

// Each type, and each optional crate, has a file of its own.

#[cfg(unix)]
mod amount;
#[cfg(feature = "async-nats-0_51")]
mod async_nats;
#[cfg(feature = "bb8-postgres-0_9")]
mod bb8_postgres;
mod channel;
pub(crate) mod closure;
mod collections;
mod config_error;
#[cfg(feature = "deadpool-postgres-0_14")]
mod deadpool_postgres;
#[cfg(any(feature = "diesel-async-0_9-bb8", feature = "diesel-async-0_9-deadpool"))]
mod diesel_async;
#[cfg(unix)]
mod disk_space;
mod dns;
mod few_idle;
mod file_age;
mod file_system;
pub(crate) mod flag;
#[cfg(feature = "tonic-0_14")]
mod grpc;
pub(crate) mod heartbeat;
#[cfg(feature = "http-client")]
mod http;
#[cfg(feature = "lapin-4")]
mod lapin;
mod look;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(feature = "object_store-0_14")]
mod object_store;
#[cfg(any(test, feature = "_pool"))]
mod pool;
#[cfg(feature = "r2d2_sqlite")]
mod r2d2_sqlite;
#[doc(hidden)] // for the code that `redis_checks!` creates
pub mod redis;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(test)]
mod scratch;
#[cfg(any(feature = "sea-orm-1", feature = "sea-orm-2"))]
mod sea_orm;
mod semaphore;
mod spare;
mod sqlx;
mod task;
#[cfg(feature = "net")]
mod tcp;
#[cfg(feature = "tls-expiry")]
mod tls_expiry;
#[cfg(any(feature = "bb8-postgres-0_9", feature = "deadpool-postgres-0_14"))]
mod tokio_postgres;
#[cfg(feature = "tokio-util-0_7")]
mod tokio_util;

pub use self::config_error::ConfigError;
#[cfg(unix)]
pub use self::disk_space::DiskSpace;
pub use self::dns::Dns;
pub use self::few_idle::{ConnectionPool, few_idle};
pub use self::file_age::FileAge;
#[cfg(feature = "tonic-0_14")]
pub use self::grpc::Grpc;
#[cfg(feature = "http-client")]
pub use self::http::{Http, HttpBuilder};
#[cfg(target_os = "linux")]
pub use self::memory::Memory;
#[cfg(feature = "net")]
pub use self::tcp::Tcp;
#[cfg(feature = "tls-expiry")]
pub use self::tls_expiry::TlsExpiry;

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
