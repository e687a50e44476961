//! Everything that is a check: ours, and [`HealthCheck`](crate::HealthCheck) for the types of others, a file a crate, a
//! feature a file.

mod closure;
mod collections;
mod flag;
mod heartbeat;
#[cfg(feature = "sqlx-0_9-sqlite")]
mod sqlx_sqlite;
mod task;

pub use self::closure::check_fn;
pub use self::flag::Flag;
pub use self::heartbeat::Heartbeat;
