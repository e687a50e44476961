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

/// Checks that the database can be read and written. To do this, the check takes the write lock and releases it again
/// without writing anything.
///
/// | what it finds | result |
/// |---|---|
/// | the database works, in a file or in memory | healthy |
/// | every connection of the pool stays in use | `exhausted` |
/// | another connection keeps the write lock | `exhausted` |
/// | the database took writes before and is read-only now | unhealthy, `read_only` |
/// | a query fails, the file is not a database, or the pool could not open any connection | unhealthy, `error` |
/// | the file was removed from its path, or replaced by another one (`mv new.db app.db`) | unhealthy, `error` |
/// | the file system is read-only or full, and the database takes writes | unhealthy, `error` |
/// | the database or its file system does not answer | unhealthy, `error` |
///
/// As long as the check's last success is more recent than its `max_age`, `exhausted` is
/// [lowered](crate::Outcome::exhausted) to `saturated`, because a busy pool does not mean that the database is down.
///
/// Details: `size`, `idle`, `in_use` and `max` of the pool.
///
/// # Cost
///
/// A run executes about seven statements over an idle connection, none of which reads more than the first page, on a
/// short-lived thread. So it blocks neither a worker thread nor a thread of the runtime's blocking pool. It never waits
/// in the pool: it looks for an idle connection again and again, for at most 3/8 of the time that the run has left. It
/// also reads the file's metadata, on another short-lived thread.
///
/// # What it does not detect
///
/// - A disk that refuses writes while its file system is mounted as writable, quotas, and limits of inodes. Only a
///   write would reveal these.
/// - A replaced file on systems other than Linux, where the check only detects that the file was removed.
///
/// # Cancel safety
///
/// If the future is dropped, the thread finishes its statements, and gives the connection back unchanged.
impl HealthCheck for Pool<SqliteConnectionManager> {
    async fn check(&self) -> CheckResult {
        /// Odd, so it is never the address of a mutex.
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let key = NEXT.fetch_add(2, Ordering::Relaxed);
        let (pool, patience) = (self.clone(), patience() / 2);
        let asked = rusqlite::asked(key, pool, patience).await?;
        if asked.is_unasked() && self.state().connections == 0 {
            return Err("the pool has no connection, because none could be opened".into());
        }
        let busy = || format!("all {} connections of the pool are in use", self.state().connections);
        // The pool shows nothing of what its clones share, so nothing is kept between the runs.
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
