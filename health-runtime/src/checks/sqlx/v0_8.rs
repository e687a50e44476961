//! sqlx 0.8.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[path = "migrated.rs"]
pub(crate) mod migrated;
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
fn query(sql: &str) -> &str {
    sql
}

/// The table of the migrations.
fn table(_: &sqlx::migrate::Migrator) -> &'static str {
    "_sqlx_migrations"
}

// `undefined_table`, and `invalid_schema_name`
#[cfg(feature = "sqlx-0_8-postgres")]
migrated::database!(
    Postgres,
    |error| matches!(error.code().as_deref(), Some("42P01" | "3F000")),
    |connection| {
        connection.detach();
    }
);

// `ER_NO_SUCH_TABLE`
#[cfg(feature = "sqlx-0_8-mysql")]
migrated::database!(MySql, |error| error.code().as_deref() == Some("42S02"), |connection| {
    connection.detach();
});

// SQLite has no code for this error alone. A connection to SQLite never has an answer that is only half read.
#[cfg(feature = "sqlx-0_8-sqlite")]
migrated::database!(Sqlite, |error| error.message().starts_with("no such table"), drop);
