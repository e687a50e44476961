//! [`HealthCheck`](crate::HealthCheck) for other crates' types: a file a crate, a feature a file.

#[cfg(feature = "sqlx-0_9-sqlite")]
mod sqlx_sqlite;
mod task;
