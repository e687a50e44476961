//! `sqlx::SqlitePool`.
//!
//! ```text
//! lock    asks for the write lock, and gives it back
//! file    looks at the file and its file system, on a thread of its own
//! memory  what earlier runs found out about a pool
//! ```

mod file;
mod lock;
mod memory;

use std::pin::pin;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};
use tokio::time::{Instant, timeout};

use self::file::Found;
use self::lock::Lock;
use crate::BoxError;
use crate::check::HealthCheck;
use crate::engine;
use crate::outcome::{CheckResult, Outcome};

/// A request notices when it waits for longer than this for a connection.
const QUEUE: Duration = Duration::from_millis(50);

/// How long a check waits for a connection, or for the write lock, where no engine says how much time it has.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the database as a service does that reads and writes: takes the write lock and gives it back. Nothing is
/// written.
///
/// | what it finds | result |
/// |---|---|
/// | all is well, also in memory | healthy |
/// | every connection was in use, and one came free after more than 50 ms | degraded, `saturated` |
/// | other connections hold the write lock one after the other, and commit | degraded, `saturated` |
/// | no connection comes free | `exhausted` |
/// | one other connection holds the write lock, and commits nothing | `exhausted` |
/// | a query fails, the file is no database, the pool is closed | unhealthy, `error` |
/// | the file is gone from its path, or another file is there (`mv new.db app.db`) | unhealthy, `error` |
/// | the file system is read-only, or full | unhealthy, `error` |
/// | the database took writes, and is read-only now | unhealthy, `error` |
/// | the file system does not answer | unhealthy, `error` |
///
/// `exhausted` is [lowered](Outcome::exhausted) to `saturated` while the check's last success is younger than its
/// `max_age`: a busy pool is not a dead database.
///
/// A database that is only read is well: one that was opened read-only or `immutable`, or whose connections are
/// `query_only`. A read-only or full file system does not matter to it.
///
/// # Cost
///
/// A run takes about ten statements on one connection, none of which reads more than the first page, and looks at the
/// file from a short-lived thread of its own. It uses neither the runtime's workers nor its blocking pool to wait. It
/// waits for a connection for at most 3/4 of the check's timeout; then it waits for the write lock, with its connection,
/// for at most 3/4 of what is left. Called by hand, outside of the engine, it waits for up to 1 s for each. A file system
/// that hangs holds one thread for each database file.
///
/// # What it does not see
///
/// - A quota: the file system has room, but not for this user. The same goes for inodes.
/// - A full file system where the next write would fit into the room that a file in WAL mode already has, and is fine.
/// - A disk that refuses writes while its file system is mounted for writing. Only a write tells.
/// - Other databases that are attached to the connections.
/// - On other systems than Linux: that another file is in the place of the database. It sees there only whether one
///   is.
///
/// # Cancel safety
///
/// Dropping it leaves no transaction open. The settings of the connections stay as they are: while it asks for the write
/// lock, its connection has a `busy_timeout` of zero, which is set back before the pool can hand the connection out.
#[cfg_attr(docsrs, doc(cfg(feature = "sqlx-sqlite")))]
impl HealthCheck for SqlitePool {
    async fn check(&self) -> CheckResult {
        let began = Instant::now();
        let Some(connection) = acquire(self).await? else {
            let all = self.size();
            return Ok(Outcome::exhausted(format!(
                "all {all} connections of the pool are in use"
            )));
        };
        let queued = began.elapsed();
        let (connection, file, lock) = lock::ask(connection, patience()).await?;
        if let Some(file) = file {
            let known = memory::of(self, |memory| memory.file);
            let found = file::look(file, known, patience()).await?;
            drop(connection); // not before: while it is open, so is the file
            judge(self, &found, &lock)?;
        }
        match lock {
            Lock::Held { waited } => Ok(Outcome::exhausted(format!(
                "another connection holds the write lock, and has committed nothing for {waited} ms"
            ))),
            Lock::HeldInTurn { waited } => Ok(Outcome::saturated(format!(
                "other connections hold the write lock one after the other; it was not free within {waited} ms"
            ))),
            Lock::Free | Lock::ReadOnly if queued > QUEUE && is_full(self) => Ok(Outcome::saturated(format!(
                "all {} connections of the pool are in use; one came free after {} ms",
                self.size(),
                queued.as_millis()
            ))),
            Lock::Free | Lock::ReadOnly => Ok(Outcome::healthy()),
        }
    }
}

/// A connection, or `None` if all are in use and none comes free in time.
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

/// How long to wait for one thing: not for all the time left, so that the run can say what it waited for.
fn patience() -> Duration {
    engine::time_left().map_or(PATIENCE, |left| left * 3 / 4)
}

/// Waits for so long at most. In two halves, since a freeze of the process uses up all the time of a timer: then one is
/// left.
async fn within<F: Future>(patience: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..2 {
        if let Ok(output) = timeout(patience / 2, future.as_mut()).await {
            return Some(output);
        }
    }
    None
}

/// Whether the pool can do what it has done before, or what the lock says that it can.
fn judge(pool: &SqlitePool, found: &Found, lock: &Lock) -> Result<(), BoxError> {
    let writes = memory::of(pool, |memory| {
        memory.file = found.file;
        memory.writes |= matches!(lock, Lock::Free);
        memory.writes
    });
    match lock {
        _ if !writes => Ok(()),
        Lock::ReadOnly => Err("the database is read-only now; it was not before".into()),
        _ if found.is_read_only => Err("the file system of the database is read-only".into()),
        _ if found.is_full => Err("the file system of the database is full".into()),
        _ => Ok(()),
    }
}
