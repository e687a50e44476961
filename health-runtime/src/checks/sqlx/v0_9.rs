//! sqlx 0.9.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[cfg(feature = "sqlx-0_9-mysql")]
#[path = "mysql.rs"]
mod mysql;
#[cfg(any(feature = "sqlx-0_9-mysql", feature = "sqlx-0_9-postgres"))]
#[path = "pool.rs"]
mod pool;
#[cfg(feature = "sqlx-0_9-postgres")]
#[path = "postgres.rs"]
mod postgres;
#[cfg(feature = "sqlx-0_9-sqlite")]
#[path = "sqlite/mod.rs"]
mod sqlite;

use ::sqlx_0_9 as sqlx;

/// A query whose text is not constant.
#[cfg(feature = "sqlx-0_9-sqlite")]
fn query(sql: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(sql.to_owned())
}
