//! sqlx 0.9.

#![allow(clippy::duplicate_mod, reason = "each version takes in the same files")]

#[path = "migrated.rs"]
pub(crate) mod migrated;
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

use ::sqlx;

/// A query whose text is not constant.
fn query(sql: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(sql.to_owned())
}

/// The table of the migrations. `sqlx.toml` can set another name.
fn table(migrator: &sqlx::migrate::Migrator) -> &str {
    &migrator.table_name
}

// `undefined_table`, and `invalid_schema_name`
#[cfg(feature = "sqlx-0_9-postgres")]
migrated::database!(
    Postgres,
    |error| matches!(error.code().as_deref(), Some("42P01" | "3F000")),
    |connection| {
        connection.detach();
    }
);

// `ER_NO_SUCH_TABLE`
#[cfg(feature = "sqlx-0_9-mysql")]
migrated::database!(MySql, |error| error.code().as_deref() == Some("42S02"), |connection| {
    connection.detach();
});

// SQLite has no code for this error alone. A connection to SQLite never has an answer that is only half read.
#[cfg(feature = "sqlx-0_9-sqlite")]
migrated::database!(Sqlite, |error| error.message().starts_with("no such table"), drop);
