//! Pools of sqlx. Each version includes the same files, which use the crate under the name `sqlx`.
//!
//! ```text
//! v0_8, v0_9  one version, and how it differs from the other
//! pool        what the check of a pool needs, for every database
//! postgres    the check of `PgPool`
//! mysql       the check of `MySqlPool`, also for MariaDB
//! sqlite      the check of `SqlitePool`
//! migrated    whether a database has all migrations of the service
//! ```

#[cfg(any(
    feature = "sqlx-0_8-mysql",
    feature = "sqlx-0_8-postgres",
    feature = "sqlx-0_8-sqlite"
))]
pub(crate) mod v0_8;
#[cfg(any(
    feature = "sqlx-0_9-mysql",
    feature = "sqlx-0_9-postgres",
    feature = "sqlx-0_9-sqlite"
))]
pub(crate) mod v0_9;
