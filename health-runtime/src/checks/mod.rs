//! Checks that you can use as fields of your state, or pass to [`HealthBuilder::check`](crate::HealthBuilder::check).
//!
//! This crate also implements [`HealthCheck`](crate::HealthCheck) for types of other crates. They are listed among the
//! implementors of that trait, each with its feature.

// Each type, and each optional crate, has a file of its own.

#[cfg(unix)]
mod amount;
mod channel;
pub(crate) mod closure;
mod collections;
mod config_error;
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
mod look;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(feature = "object_store-0_14")]
mod object_store;
#[cfg(any(test, feature = "_pool"))]
mod pool;
#[doc(hidden)] // for the code that `redis_checks!` makes
pub mod redis;
#[cfg(test)]
mod scratch;
mod semaphore;
mod spare;
mod sqlx;
mod task;
#[cfg(feature = "net")]
mod tcp;
#[cfg(feature = "tls-expiry")]
mod tls_expiry;
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
