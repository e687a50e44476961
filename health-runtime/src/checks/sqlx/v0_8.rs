//! sqlx 0.8.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[cfg(feature = "sqlx-0_8-mysql")]
#[path = "mysql.rs"]
mod mysql;
#[cfg(any(feature = "sqlx-0_8-mysql", feature = "sqlx-0_8-postgres"))]
#[path = "pool.rs"]
mod pool;
#[cfg(feature = "sqlx-0_8-postgres")]
#[path = "postgres.rs"]
mod postgres;
#[cfg(feature = "sqlx-0_8-sqlite")]
#[path = "sqlite/mod.rs"]
mod sqlite;

use ::sqlx_0_8 as sqlx;

/// A query whose text is not constant.
#[cfg(feature = "sqlx-0_8-sqlite")]
fn query(sql: &str) -> &str {
    sql
}
