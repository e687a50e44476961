//! The check of `sqlx::SqlitePool`.
//!
//! ```text
//! lock    takes the write lock and releases it
//! file    checks the file and its file system, on a thread of its own
//! memory  what earlier runs found out about a pool
//! ```

mod file;
mod lock;
mod memory;

use std::time::Duration;

use tokio::time::Instant;

use self::file::Found;
use self::lock::Lock;
use super::sqlx::pool::PoolConnection;
use super::sqlx::{self, Sqlite, SqlitePool};
use crate::BoxError;
use crate::check::HealthCheck;
use crate::checks::ConnectionPool;
use crate::current_run::{patience, within};
use crate::outcome::{CheckResult, Outcome};

/// Requests are noticeably slower if they wait for longer than this for a connection.
const QUEUE: Duration = Duration::from_millis(50);

/// Checks that the database can be read and written.
///
/// A run takes the write lock on a connection of the pool and releases it again, without writing anything. It also
/// reads the metadata of the database file.
///
/// | what it finds | result |
/// |---|---|
/// | the database works, in a file or in memory | healthy |
/// | every connection was in use, and it took more than 50 ms until one became free | degraded, `saturated` |
/// | other connections hold the write lock one after the other, and they commit | degraded, `saturated` |
/// | no connection becomes free | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | another connection keeps the write lock, and it commits nothing | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | the database is read-only now, and was writable in a run before | unhealthy, `read_only` |
/// | a query fails, the file is not a database, or the pool is closed | unhealthy, `error` |
/// | the file was removed from its path, or replaced by another one (`mv new.db app.db`) | unhealthy, `error` |
/// | the file system is read-only or full, or does not answer | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
/// [`Outcome::exhausted`](crate::Outcome::exhausted).
///
/// A database that is only read is healthy, whether it was opened read-only, was opened as `immutable`, or has
/// `query_only` connections. For such a database, a file system that is read-only or full is not an error.
///
/// Details: `size`, `idle` and `in_use`, which are the numbers of open connections; and `max`, which is the largest
/// size of the pool.
///
/// Feature: `sqlx-0_8-sqlite` for sqlx 0.8, `sqlx-0_9-sqlite` for sqlx 0.9.
///
/// # Cost
///
/// A run executes about ten statements on one connection. None of them reads more than the first page. The file's
/// metadata is read on a short-lived thread, so neither a worker thread nor a thread of the runtime's blocking pool is
/// blocked. If a file system hangs, one thread is blocked for each database file.
///
/// A run waits for a connection for at most 3/4 of the check's timeout. While it holds the connection, it waits for the
/// write lock for at most 3/4 of the time that is left. If the check runs outside of an engine, it waits for up to 1 s
/// for each of the two.
///
/// # What it does not detect
///
/// - Quotas. The file system can have free space that this user is not allowed to use. Inode limits are not detected
///   either.
/// - Free space inside the files of a database in WAL mode. If the file system is full, the check fails even though the
///   next write might still fit into these files.
/// - A disk that refuses writes while its file system is mounted as writable, because only a write would reveal it.
/// - Problems with other databases that are attached to the connections.
/// - A replaced file on systems other than Linux. There, the check only detects that the file was removed.
///
/// # Cancel safety
///
/// If a run is aborted, no transaction is left open and no setting is left changed. While the run tries to take the
/// write lock, the `busy_timeout` of its connection is zero. The previous value is restored before the pool can hand
/// out the connection again.
///
/// # Example
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};
/// # #[derive(Clone)] struct SqlitePool;
/// # impl HealthCheck for SqlitePool { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, timeout = "3s")]
///     db: SqlitePool, // `sqlx::SqlitePool`
/// }
/// ```
impl HealthCheck for SqlitePool {
    async fn check(&self) -> CheckResult {
        let began = Instant::now();
        let Some(connection) = acquire(self).await? else {
            let all = self.size();
            let outcome = Outcome::exhausted(format!("all {all} connections of the pool are in use"));
            return Ok(described(self, outcome));
        };
        let queued = began.elapsed();
        let (connection, file, lock) = lock::ask(connection, patience()).await?;
        if let Some(file) = file {
            let known = memory::of(self, |memory| memory.file);
            let found = file::look(file, known).await?;
            drop(connection); // not earlier: an open connection keeps the file open
            judge(self, &found, &lock)?;
        }
        let outcome = described(self, outcome(self, &lock, queued));
        Ok(match lock {
            Lock::Free => outcome.read_only(false),
            Lock::ReadOnly => outcome.read_only(true),
            Lock::Held { .. } | Lock::HeldInTurn { .. } => outcome,
        })
    }
}

impl ConnectionPool for SqlitePool {}

fn outcome(pool: &SqlitePool, lock: &Lock, queued: Duration) -> Outcome {
    match lock {
        Lock::Held { waited } => Outcome::exhausted(format!(
            "another connection holds the write lock, and has committed nothing for {waited} ms"
        )),
        Lock::HeldInTurn { waited } => Outcome::saturated(format!(
            "other connections hold the write lock one after the other; it was not free within {waited} ms"
        )),
        Lock::Free | Lock::ReadOnly if queued > QUEUE && is_full(pool) => Outcome::saturated(format!(
            "all {} connections of the pool are in use; one came free after {} ms",
            pool.size(),
            queued.as_millis()
        )),
        Lock::Free | Lock::ReadOnly => Outcome::healthy(),
    }
}

fn described(pool: &SqlitePool, outcome: Outcome) -> Outcome {
    let (size, idle) = (pool.size(), pool.num_idle());
    outcome
        .detail("size", size)
        .detail("idle", idle)
        .detail(
            "in_use",
            usize::try_from(size).unwrap_or(usize::MAX).saturating_sub(idle),
        )
        .detail("max", pool.options().get_max_connections())
}

/// A connection, or `None` if all are in use and none becomes free in time.
async fn acquire(pool: &SqlitePool) -> Result<Option<PoolConnection<Sqlite>>, BoxError> {
    if let Some(idle) = pool.try_acquire() {
        return Ok(Some(idle));
    }
    match within(patience(), pool.acquire()).await {
        Some(Ok(connection)) => Ok(Some(connection)),
        None | Some(Err(sqlx::Error::PoolTimedOut)) if is_full(pool) => Ok(None),
        Some(Err(error)) => Err(error.into()),
        None => Err("no connection could be opened in time".into()),
    }
}

fn is_full(pool: &SqlitePool) -> bool {
    pool.size() >= pool.options().get_max_connections()
}

/// Fails if the pool cannot write now, but has taken the write lock, now or before.
fn judge(pool: &SqlitePool, found: &Found, lock: &Lock) -> Result<(), BoxError> {
    let writes = memory::of(pool, |memory| {
        memory.file = found.file;
        memory.writes |= matches!(lock, Lock::Free);
        memory.writes
    });
    match lock {
        _ if !writes => Ok(()),
        Lock::ReadOnly => Ok(()), // the engine compares it with earlier runs
        _ if found.is_read_only => Err("the file system of the database is read-only".into()),
        _ if found.is_full => Err("the file system of the database is full".into()),
        _ => Ok(()),
    }
}
