//! [`migrated`], which compares the migrations of a database with those of the service.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::sqlx::migrate::Migrator;
use super::sqlx::pool::PoolConnection;
use super::sqlx::{self, Database, Pool};
use crate::BoxError;
use crate::current_run::{patience, within};
use crate::outcome::{CheckResult, Outcome};

/// The most versions that a message names.
const MOST: usize = 5;

/// A database whose migrations [`migrated`] can read: `sqlx::Postgres`, `sqlx::MySql` and `sqlx::Sqlite`, each with its
/// feature.
#[diagnostic::on_unimplemented(
    message = "`migrated` cannot read the migrations of `{Self}`",
    label = "no feature of health-runtime for this database is enabled",
    note = "enable the feature of its pool, for example `sqlx-0_9-postgres`; its version is the one of sqlx"
)]
pub trait Migrations: Database + Sealed {}

impl<DB: Database + Sealed> Migrations for DB {}

/// How the table of migrations is read.
#[doc(hidden)]
pub trait Sealed: Database {
    /// Reads the table with one query, and creates nothing.
    fn applied(
        connection: &mut Self::Connection,
        query: String,
    ) -> impl Future<Output = sqlx::Result<Vec<Applied>>> + Send;

    /// Whether the error means that there is no such table.
    fn is_missing_table(error: &sqlx::Error) -> bool;

    /// Ends the use of a connection that may be in the middle of an answer.
    fn give_up(connection: PoolConnection<Self>);
}

/// A row of the table.
#[derive(Debug)]
#[doc(hidden)]
pub struct Applied {
    pub(super) version: i64,
    pub(super) checksum: Vec<u8>,
    pub(super) success: bool,
}

/// Checks that the database has all migrations of the service.
///
/// A run reads the table of migrations with one query, over a connection of the pool. It never creates the table.
///
/// | what it finds | result |
/// |---|---|
/// | every migration of the service has been applied | healthy |
/// | the database also has migrations that the service does not have, because the database is newer | healthy |
/// | migrations are missing, or the table of migrations does not exist | unhealthy, `reported` |
/// | a migration was changed after it had been applied, so its checksum differs | unhealthy, `reported` |
/// | a migration has failed halfway | unhealthy, `reported` |
/// | every connection of the pool stays in use | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | the query fails, or no connection can be opened | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
/// [`Outcome::exhausted`](crate::Outcome::exhausted).
///
/// The message names the versions of the migrations that are missing, changed or failed, at most five of each.
///
/// Details: `migration`, which is the version of the newest migration that has been applied.
///
/// Feature: that of the pool, for example `sqlx-0_9-postgres`. For sqlx 0.8, the function is in `checks::sqlx_0_8`.
///
/// # Cost
///
/// If no connection is idle, the run waits for one for at most 3/4 of the time that is left of the check's timeout. It
/// then waits for the answer for at most 3/4 of the rest. If the check runs outside of an engine, it waits for up to 1
/// s for each of the two.
///
/// # What it does not detect
///
/// - Changes that were made without a migration.
/// - Whether the database takes writes. The check of the pool detects this.
///
/// # Errors
///
/// Returns an error if the table cannot be read.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer of PostgreSQL or MySQL, its connection is closed, and the pool
/// opens a new one when it needs one.
///
/// # Example
///
/// Use it as a startup check, so that the service starts only after another process has migrated the database, and in
/// readiness:
///
/// ```text
/// static MIGRATOR: Migrator = sqlx::migrate!();
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(startup, readiness, critical, with = schema)]
///     db: PgPool,
/// }
///
/// async fn schema(pool: &PgPool) -> CheckResult {
///     checks::sqlx_0_9::migrated(pool, &MIGRATOR).await
/// }
/// ```
pub async fn migrated<DB: Migrations>(pool: &Pool<DB>, migrator: &Migrator) -> CheckResult {
    let Some(connection) = acquire(pool).await? else {
        let message = format!("all {} connections of the pool are in use", pool.size());
        return Ok(Outcome::exhausted(message));
    };
    let table = super::table(migrator);
    let query = format!("SELECT version, checksum, success FROM {table} ORDER BY version");
    let patience = patience();
    match within(patience, ask(connection, query)).await {
        Some(Ok(applied)) => Ok(compare(migrator, &applied)),
        Some(Err(error)) if DB::is_missing_table(&error) => Ok(compare(migrator, &[])),
        Some(Err(error)) => Err(error.into()),
        None => {
            let waited = patience.as_millis();
            Err(format!("connected, but a query got no answer within {waited} ms").into())
        }
    }
}

/// A connection, or `None` if all are in use and none becomes free in time.
async fn acquire<DB: Database>(pool: &Pool<DB>) -> Result<Option<PoolConnection<DB>>, BoxError> {
    if let Some(idle) = pool.try_acquire() {
        return Ok(Some(idle));
    }
    let is_full = || pool.size() >= pool.options().get_max_connections() && pool.num_idle() == 0;
    match within(patience(), pool.acquire()).await {
        Some(Ok(connection)) => Ok(Some(connection)),
        None | Some(Err(sqlx::Error::PoolTimedOut)) if is_full() => Ok(None),
        Some(Err(error)) => Err(error.into()),
        None => Err("no connection could be opened in time".into()),
    }
}

async fn ask<DB: Migrations>(connection: PoolConnection<DB>, query: String) -> sqlx::Result<Vec<Applied>> {
    struct Guard<DB: Migrations>(Option<PoolConnection<DB>>);

    impl<DB: Migrations> Drop for Guard<DB> {
        fn drop(&mut self) {
            if let Some(connection) = self.0.take() {
                DB::give_up(connection);
            }
        }
    }

    let mut guard = Guard(Some(connection));
    let connection = guard.0.as_mut().expect("it has just been put there");
    let applied = DB::applied(connection, query).await;
    drop(guard.0.take()); // the whole answer has been read, so it goes back to the pool
    applied
}

fn compare(migrator: &Migrator, applied: &[Applied]) -> Outcome {
    let by_version: BTreeMap<i64, &Applied> = applied.iter().map(|applied| (applied.version, applied)).collect();
    let (mut missing, mut changed) = (Vec::new(), Vec::new());
    for migration in migrator
        .iter()
        .filter(|migration| !migration.migration_type.is_down_migration())
    {
        match by_version.get(&migration.version) {
            None => missing.push(migration.version),
            Some(applied) if applied.checksum != *migration.checksum => changed.push(migration.version),
            Some(_) => {}
        }
    }
    let failed: Vec<i64> = applied
        .iter()
        .filter(|applied| !applied.success)
        .map(|applied| applied.version)
        .collect();
    let problems = [
        ("failed halfway", failed),
        ("changed after they had been applied", changed),
        ("not applied", missing),
    ];
    let problems: Vec<String> = problems
        .iter()
        .filter_map(|(what, versions)| named(what, versions))
        .collect();
    let outcome = if problems.is_empty() {
        Outcome::healthy()
    } else {
        Outcome::unhealthy(format!("migrations {}", problems.join("; ")))
    };
    match by_version.last_key_value() {
        Some((newest, _)) => outcome.detail("migration", *newest),
        None => outcome,
    }
}

/// `not applied: 2, 3`
fn named(what: &str, versions: &[i64]) -> Option<String> {
    let (first, rest) = versions.split_first()?;
    let mut text = format!("{what}: {first}");
    for version in rest.iter().take(MOST - 1) {
        let _ = write!(text, ", {version}");
    }
    if versions.len() > MOST {
        let _ = write!(text, " and {} more", versions.len() - MOST);
    }
    Some(text)
}

/// Implements it for one database.
macro_rules! database {
    ($database:ident, $is_missing_table:expr, $give_up:expr) => {
        impl migrated::Sealed for sqlx::$database {
            async fn applied(connection: &mut Self::Connection, query: String) -> sqlx::Result<Vec<migrated::Applied>> {
                use sqlx::{Executor as _, Row as _};

                let rows = connection.fetch_all(self::query(&query)).await?;
                let applied = rows.iter().map(|row| {
                    Ok(migrated::Applied {
                        version: row.try_get(0)?,
                        checksum: row.try_get(1)?,
                        success: row.try_get(2)?,
                    })
                });
                applied.collect()
            }

            fn is_missing_table(error: &sqlx::Error) -> bool {
                let is_missing_table: fn(&dyn sqlx::error::DatabaseError) -> bool = $is_missing_table;
                error.as_database_error().is_some_and(is_missing_table)
            }

            fn give_up(connection: sqlx::pool::PoolConnection<Self>) {
                let give_up: fn(sqlx::pool::PoolConnection<Self>) = $give_up;
                give_up(connection);
            }
        }
    };
}
pub(super) use database;
