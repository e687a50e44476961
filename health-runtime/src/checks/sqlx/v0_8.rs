//! sqlx 0.8.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[cfg(all(
    feature = "sqlx-0_8-migrate",
    any(
        feature = "sqlx-0_8-mysql",
        feature = "sqlx-0_8-postgres",
        feature = "sqlx-0_8-sqlite"
    )
))]
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
#[cfg(any(feature = "sqlx-0_8-migrate", feature = "sqlx-0_8-sqlite"))]
#[allow(dead_code, reason = "only some features need it")]
fn query(sql: &str) -> &str {
    sql
}

/// The table of the migrations.
#[cfg(feature = "sqlx-0_8-migrate")]
#[allow(dead_code, reason = "only with a database")]
fn table(_: &sqlx::migrate::Migrator) -> &'static str {
    "_sqlx_migrations"
}

// `undefined_table`, and `invalid_schema_name`
#[cfg(all(feature = "sqlx-0_8-migrate", feature = "sqlx-0_8-postgres"))]
migrated::database!(
    Postgres,
    |error| matches!(error.code().as_deref(), Some("42P01" | "3F000")),
    |connection| {
        connection.detach();
    }
);

// `ER_NO_SUCH_TABLE`
#[cfg(all(feature = "sqlx-0_8-migrate", feature = "sqlx-0_8-mysql"))]
migrated::database!(MySql, |error| error.code().as_deref() == Some("42S02"), |connection| {
    connection.detach();
});

// SQLite has no code of its own for it. A connection of SQLite is never in the middle of an answer.
#[cfg(all(feature = "sqlx-0_8-migrate", feature = "sqlx-0_8-sqlite"))]
migrated::database!(Sqlite, |error| error.message().starts_with("no such table"), drop);
