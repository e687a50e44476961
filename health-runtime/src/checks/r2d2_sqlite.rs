//! The check of `r2d2::Pool<SqliteConnectionManager>`.
//!
//! Every version of `r2d2_sqlite` is for one version of rusqlite, of which a build has only one. This file works with
//! each of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::r2d2::Pool;
use ::r2d2_sqlite::SqliteConnectionManager;
use ::rusqlite::Connection;

use crate::BoxError;
use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::checks::rusqlite::{self, TryLock};
use crate::current_run::patience;
use crate::outcome::CheckResult;

/// Checks that the database can be read and written.
///
/// A run takes the write lock on an idle connection of the pool and releases it again, without writing anything. It
/// also reads the metadata of the database file.
///
/// | what it finds | result |
/// |---|---|
/// | the database works, in a file or in memory | healthy |
/// | every connection of the pool stays in use | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | another connection keeps the write lock | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | the database is read-only now, and was writable in a run before | unhealthy, `read_only` |
/// | a query fails, the file is not a database, or the pool could not open any connection | unhealthy, `error` |
/// | the file was removed from its path, or replaced by another one (`mv new.db app.db`) | unhealthy, `error` |
/// | the write lock can be taken, but the file system is read-only or full | unhealthy, `error` |
/// | the database or its file system does not answer | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
/// [`Outcome::exhausted`](crate::Outcome::exhausted).
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; and `max`, which is the largest
/// size of the pool.
///
/// Feature: `r2d2_sqlite`. It works with r2d2 0.8 and `r2d2_sqlite` 0.25 to 0.35.
///
/// # Cost
///
/// A run executes about seven statements on a short-lived thread. None of them reads more than the first page. The
/// file's metadata is read on another short-lived thread. Neither a worker thread nor a thread of the runtime's
/// blocking pool is blocked.
///
/// A run never waits in the pool. It tries again and again to take an idle connection and the write lock, for at most
/// 3/8 of the time that is left of the check's timeout. It then waits for the file's metadata for at most 3/4 of the
/// rest. If the check runs outside of an engine, these are 0.5 s and 1 s.
///
/// # What it does not detect
///
/// - A disk that refuses writes while its file system is mounted as writable, quotas, and inode limits. Only a write
///   would reveal these.
/// - A replaced file on systems other than Linux. There, the check only detects that the file was removed.
///
/// # Cancel safety
///
/// If a run is aborted, its thread finishes the statements and gives the connection back unchanged.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use r2d2::Pool;
/// use r2d2_sqlite::SqliteConnectionManager;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: Pool<SqliteConnectionManager>,
/// }
/// ```
impl HealthCheck for Pool<SqliteConnectionManager> {
    async fn check(&self) -> CheckResult {
        /// Odd numbers, so a key is never the address of a mutex.
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let key = NEXT.fetch_add(2, Ordering::Relaxed);
        let (pool, patience) = (self.clone(), patience() / 2);
        let asked = rusqlite::asked(key, pool, patience).await?;
        if asked.is_unasked() && self.state().connections == 0 {
            return Err("the pool has no connection, because none could be opened".into());
        }
        let busy = || format!("all {} connections of the pool are in use", self.state().connections);
        // Nothing in the API of the pool identifies it across its clones, so nothing is kept between the runs.
        let outcome = rusqlite::report(asked, &Mutex::default(), busy).await?;
        let state = self.state();
        Ok(outcome
            .detail("size", state.connections)
            .detail("idle", state.idle_connections)
            .detail("in_use", state.connections.saturating_sub(state.idle_connections))
            .detail("max", self.max_size()))
    }
}

impl ConnectionPool for Pool<SqliteConnectionManager> {}

impl TryLock for Pool<SqliteConnectionManager> {
    fn try_with<R>(&self, act: impl FnOnce(&Connection) -> R) -> Option<Result<R, BoxError>> {
        let connection = self.try_get()?;
        Some(Ok(act(&connection)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::scratch::Folder;
    use crate::outcome::{Outcome, Reason, Status};

    fn pool(folder: &Folder) -> Pool<SqliteConnectionManager> {
        let manager = SqliteConnectionManager::file(folder.path().join("app.db"));
        let pool = Pool::builder().max_size(2).build(manager).unwrap();
        let create = "CREATE TABLE orders (item TEXT)";
        pool.get().unwrap().execute_batch(create).unwrap();
        pool
    }

    fn detail(outcome: &Outcome, name: &str) -> Option<f64> {
        let detail = outcome.details().iter().find(|detail| detail.name == name);
        detail.and_then(|detail| detail.value.as_f64())
    }

    #[tokio::test]
    async fn a_pool_is_healthy_until_all_connections_are_in_use() {
        let folder = Folder::new();
        let pool = pool(&folder);
        let outcome = pool.check().await.unwrap();
        assert_eq!(
            (outcome.status(), outcome.is_read_only()),
            (Status::Healthy, Some(false))
        );
        assert_eq!(
            (detail(&outcome, "in_use"), detail(&outcome, "max")),
            (Some(0.0), Some(2.0))
        );
        let taken = (pool.get().unwrap(), pool.get().unwrap());
        let outcome = pool.check().await.unwrap();
        assert_eq!(outcome.reason(), Some(Reason::Exhausted));
        assert_eq!(outcome.message(), Some("all 2 connections of the pool are in use"));
        drop(taken);
        assert_eq!(pool.check().await.unwrap().status(), Status::Healthy);
    }

    #[tokio::test]
    async fn the_write_lock_and_the_file_are_checked() {
        let folder = Folder::new();
        let pool = pool(&folder);
        let writer = pool.get().unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let outcome = pool.check().await.unwrap();
        assert_eq!(outcome.reason(), Some(Reason::Exhausted), "{outcome:?}");
        writer.execute_batch("ROLLBACK").unwrap();
        drop(writer);
        std::fs::remove_file(folder.path().join("app.db")).unwrap();
        let text = pool.check().await.unwrap_err().to_string();
        assert!(text.contains("gone from its path"), "{text}");
    }
}
