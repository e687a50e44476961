//! Checks that you can use as fields of your state, or pass to [`HealthBuilder::check`](crate::HealthBuilder::check).
//!
//! This crate also implements [`HealthCheck`](crate::HealthCheck) for types of other crates. They are listed among the
//! implementors of that trait, each with its feature.

// Each type, and each optional crate, has a file of its own.

#[cfg(unix)]
mod amount;
#[cfg(feature = "async-nats-0_51")]
mod async_nats;
mod channel;
pub(crate) mod closure;
mod collections;
#[cfg(unix)]
mod disk_space;
mod few_idle;
mod file_age;
mod file_system;
pub(crate) mod flag;
pub(crate) mod heartbeat;
#[cfg(feature = "lapin-4")]
mod lapin;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(any(test, feature = "_pool"))]
mod pool;
#[cfg(test)]
mod scratch;
mod semaphore;
mod sqlx;
mod task;
#[cfg(feature = "tokio-util-0_7")]
mod tokio_util;

#[cfg(unix)]
pub use self::disk_space::DiskSpace;
pub use self::few_idle::{ConnectionPool, few_idle};
pub use self::file_age::FileAge;
#[cfg(target_os = "linux")]
pub use self::memory::Memory;
