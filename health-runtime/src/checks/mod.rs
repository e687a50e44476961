//! The checks of this crate, and [`HealthCheck`](crate::HealthCheck) for types of other crates. Each optional crate has
//! one file and one feature.

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
