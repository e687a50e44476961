//! The check of a connection of the crate `rusqlite` behind a mutex.
//!
//! Every version of rusqlite links the same C library, so a build has only one. This file works with each of them.

#[path = "sqlx/sqlite/file.rs"]
mod file;

use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use ::rusqlite::{Connection, Error, Result};

use self::file::{FileId, Found};
use crate::BoxError;
use crate::check::HealthCheck;
use crate::checks::file_system::Looks;
use crate::current_run::{self, patience};
use crate::outcome::{CheckResult, Outcome};

/// The first pause between two tries, and the longest. Each pause is twice the previous one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The runs that are in flight, by the address of the mutex. Each run keeps its mutex alive, so no other mutex can get
/// this address.
static RUNS: Looks<usize, Asked> = Looks::new("the database");

/// What a check keeps between its runs.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// A run took the write lock.
    writes: bool,
    /// The file at the database's path, from the last run in which the database had that file open.
    file: Option<FileId>,
}

/// What a run has found out over the connection.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `None` for a database in memory.
    path: Option<String>,
    lock: Lock,
}

impl Asked {
    #[allow(dead_code, reason = "only pools need it")]
    pub(super) fn is_unasked(&self) -> bool {
        matches!(self.lock, Lock::Unasked)
    }
}

#[derive(Clone, Copy, Debug)]
enum Lock {
    /// The lock was taken and released.
    Free,
    /// The service has a transaction open, so the check only read.
    InTransaction,
    /// This connection can only read.
    ReadOnly,
    /// Another connection held the lock during the last try, after this many milliseconds.
    Held { waited: u128 },
    /// The connection was in use during every try.
    Unasked,
}

/// Gives access to a connection without waiting for it.
pub(super) trait TryLock: Send + 'static {
    /// `None` if the connection is in use.
    fn try_with<R>(&self, act: impl FnOnce(&Connection) -> R) -> Option<std::result::Result<R, BoxError>>;
}

impl TryLock for Mutex<Connection> {
    fn try_with<R>(&self, act: impl FnOnce(&Connection) -> R) -> Option<std::result::Result<R, BoxError>> {
        match self.try_lock() {
            Ok(connection) => Some(Ok(act(&connection))),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(_)) => {
                let error = "the mutex of the connection is poisoned, because a thread panicked while it had it locked";
                Some(Err(error.into()))
            }
        }
    }
}

impl TryLock for tokio::sync::Mutex<Connection> {
    fn try_with<R>(&self, act: impl FnOnce(&Connection) -> R) -> Option<std::result::Result<R, BoxError>> {
        let connection = self.try_lock().ok()?;
        Some(Ok(act(&connection)))
    }
}

macro_rules! check {
    ($mutex:ty, $poisoned:literal) => {
        /// Checks that the database can be read and written.
        ///
        /// A run takes the write lock on this connection and releases it again, without writing anything. It also reads
        /// the metadata of the database file.
        ///
        /// | what it finds | result |
        /// |---|---|
        /// | the database works, in a file or in memory | healthy |
        /// | the mutex stays locked, for example by a slow statement | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
        /// | another connection keeps the write lock | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
        /// | the database is read-only now, and was writable in a run before | unhealthy, `read_only` |
        /// | a query fails, or the file is not a database | unhealthy, `error` |
        #[doc = $poisoned]
        /// | the file was removed from its path, or replaced by another one (`mv new.db app.db`) | unhealthy, `error` |
        /// | the file system is read-only or full, and the database was writable in this run or before | unhealthy, `error` |
        /// | the database or its file system does not answer | unhealthy, `error` |
        ///
        /// "After `max_age`" means: once the last success of the check is older than its
        /// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See
        /// [`Outcome::exhausted`](crate::Outcome::exhausted).
        ///
        /// There are no details.
        ///
        /// Feature: `rusqlite`. It works with rusqlite 0.32 to 0.43.
        ///
        /// # Cost
        ///
        /// A run executes about seven statements on a short-lived thread. None of them reads more than the first page.
        /// The file's metadata is read on another short-lived thread. Neither a worker thread nor a thread of the
        /// runtime's blocking pool is blocked.
        ///
        /// A run never waits for the mutex, and locks it only while it executes its statements. It tries again and
        /// again to lock the mutex and to take the write lock, for at most 3/8 of the time that is left of the check's
        /// timeout. It then waits for the file's metadata for at most 3/4 of the rest. If the check runs outside of an
        /// engine, these are 0.5 s and 1 s.
        ///
        /// # What it does not detect
        ///
        /// - A disk that refuses writes while its file system is mounted as writable, quotas, and inode limits. Only a
        ///   write would reveal these.
        /// - Whether writes are possible while the service itself has a transaction open on the connection. The check
        ///   then only reads.
        /// - A replaced file on systems other than Linux. There, the check only detects that the file was removed.
        ///
        /// # Cancel safety
        ///
        /// If a run is aborted, its thread finishes the statements. It leaves no transaction open and no setting
        /// changed.
        ///
        /// # Example
        ///
        /// ```
        /// use std::sync::{Arc, Mutex}; // or `tokio::sync::Mutex`
        ///
        /// use health_runtime::HealthState;
        /// use rusqlite::Connection;
        ///
        /// #[derive(Clone, HealthState)]
        /// struct AppState {
        ///     #[health_check(critical, timeout = "3s")]
        ///     db: Arc<Mutex<Connection>>,
        /// }
        /// ```
        impl HealthCheck for Arc<$mutex> {
            async fn check(&self) -> CheckResult {
                let memory = current_run::kept(Box::new(Arc::downgrade(self)));
                check(self, &memory).await
            }
        }
    };
}

check!(
    Mutex<Connection>,
    "| the mutex is poisoned, because a thread panicked while it had it locked | unhealthy, `error` |"
);
check!(tokio::sync::Mutex<Connection>, "");

impl<M: TryLock + Sync> TryLock for Arc<M> {
    fn try_with<R>(&self, act: impl FnOnce(&Connection) -> R) -> Option<std::result::Result<R, BoxError>> {
        (**self).try_with(act)
    }
}

async fn check<M: TryLock + Sync>(mutex: &Arc<M>, memory: &Mutex<Memory>) -> CheckResult {
    let (key, patience) = (Arc::as_ptr(mutex).addr(), patience() / 2);
    let asked = asked(key, Arc::clone(mutex), patience).await?;
    let waited = patience.as_millis();
    let busy = || format!("the connection was in use; its mutex could not be locked within {waited} ms");
    report(asked, memory, busy).await
}

/// Queries on a short-lived thread, or waits for the run with this key that is in flight.
pub(super) async fn asked<M: TryLock>(
    key: usize,
    mutex: M,
    patience: Duration,
) -> std::result::Result<Asked, BoxError> {
    RUNS.look(key, move || ask(&mutex, patience)).await
}

/// Checks the file of the database as well, and creates the outcome.
pub(super) async fn report(asked: Asked, memory: &Mutex<Memory>, busy: impl FnOnce() -> String) -> CheckResult {
    match asked.lock {
        Lock::Unasked => return Ok(Outcome::exhausted(busy())),
        Lock::Held { waited } => {
            let message = format!("another connection holds the write lock; it was not free within {waited} ms");
            return Ok(Outcome::exhausted(message));
        }
        Lock::Free | Lock::InTransaction | Lock::ReadOnly => {}
    }
    if let Some(path) = asked.path {
        let known = locked(memory).file;
        let found = file::look(path, known).await?;
        judge(memory, &found, asked.lock)?;
    }
    let outcome = Outcome::healthy();
    Ok(match asked.lock {
        Lock::Free => outcome.read_only(false),
        Lock::ReadOnly => outcome.read_only(true),
        _ => outcome,
    })
}

/// Fails if the database took writes in this run or before, but its file system takes none now.
fn judge(memory: &Mutex<Memory>, found: &Found, lock: Lock) -> std::result::Result<(), BoxError> {
    let mut memory = locked(memory);
    memory.file = found.file;
    memory.writes |= matches!(lock, Lock::Free);
    if memory.writes && found.is_read_only {
        return Err("the file system of the database is read-only".into());
    }
    if memory.writes && found.is_full {
        return Err("the file system of the database is full".into());
    }
    Ok(())
}

fn locked(memory: &Mutex<Memory>) -> std::sync::MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tries to take the mutex and the write lock until both are free, for at most `patience`. Blocks its thread.
fn ask<M: TryLock>(mutex: &M, patience: Duration) -> std::result::Result<Asked, BoxError> {
    let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
    let mut asked = Asked {
        path: None,
        lock: Lock::Unasked,
    };
    loop {
        match mutex.try_with(try_at_once) {
            None => {}
            Some(tried) => {
                asked = tried??;
                match &mut asked.lock {
                    Lock::Held { waited } => *waited = began.elapsed().as_millis(),
                    _ => return Ok(asked),
                }
            }
        }
        if began.elapsed() + pause > patience {
            return Ok(asked);
        }
        thread::sleep(pause);
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Tries without SQLite's own wait for a lock. The mutex is locked meanwhile, so that wait would block the service.
fn try_at_once(connection: &Connection) -> Result<Asked> {
    let path = connection.path().filter(|path| !path.is_empty()).map(str::to_owned);
    let lock = if !connection.is_autocommit() {
        number(connection, "PRAGMA schema_version")?;
        Lock::InTransaction
    } else if path.is_none() {
        number(connection, "PRAGMA schema_version")?;
        Lock::Free
    } else {
        let wait = number(connection, "PRAGMA busy_timeout")?;
        if wait == 0 {
            // The service has no timeout, or it has a busy handler of its own. A timeout would remove that handler.
            try_once(connection)?
        } else {
            number(connection, "PRAGMA busy_timeout = 0")?;
            let tried = try_once(connection);
            number(connection, &format!("PRAGMA busy_timeout = {wait}"))?;
            tried?
        }
    };
    Ok(Asked { path, lock })
}

fn try_once(connection: &Connection) -> Result<Lock> {
    match take(connection) {
        Ok(()) => Ok(Lock::Free),
        Err(error) if matches!(code(&error).map(|code| code & 0xff), Some(5 | 6)) => Ok(Lock::Held { waited: 0 }),
        // The extended codes mean that the database needs something, such as a recovery.
        Err(error) if code(&error) == Some(8) => {
            vacuums(connection)?; // proves that the connection can read
            Ok(Lock::ReadOnly)
        }
        Err(error) => Err(error),
    }
}

/// Takes the write lock and releases it.
fn take(connection: &Connection) -> Result<()> {
    // This reads the first page. It fails on a `query_only` connection. On a database that was opened read-only, it
    // only takes the lock of a reader.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let vacuums = vacuums(connection);
    let writes = match vacuums {
        // This fails on a read-only database. On others it does nothing.
        Ok(false) => connection.execute_batch("PRAGMA main.incremental_vacuum(1)"),
        Ok(true) => Ok(()),
        Err(error) => Err(error),
    };
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?; // some errors have already rolled it back
    }
    writes
}

/// Whether `incremental_vacuum` would write: the database has free pages, and its `auto_vacuum` is on.
fn vacuums(connection: &Connection) -> Result<bool> {
    let vacuums = "SELECT auto_vacuum <> 0 AND freelist_count > 0 FROM pragma_auto_vacuum, pragma_freelist_count";
    Ok(number(connection, vacuums)? != 0)
}

fn number(connection: &Connection, query: &str) -> Result<i64> {
    connection.query_row(query, [], |row| row.get(0))
}

/// SQLite's extended result code.
fn code(error: &Error) -> Option<i32> {
    match error {
        Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::scratch::Folder;
    use crate::outcome::{Reason, Status};

    fn open(folder: &Folder) -> Connection {
        let connection = Connection::open(folder.path().join("app.db")).expect("the folder is writable");
        let create = "CREATE TABLE IF NOT EXISTS orders (item TEXT)";
        connection.execute_batch(create).expect("it is writable");
        connection
    }

    fn error(result: CheckResult) -> String {
        result.expect_err("it fails").to_string()
    }

    async fn outcome(mutex: &Arc<Mutex<Connection>>) -> Outcome {
        mutex.check().await.expect("no error")
    }

    #[tokio::test]
    async fn a_database_that_takes_writes_is_healthy() {
        let folder = Folder::new();
        let shared = Arc::new(Mutex::new(open(&folder)));
        let found = outcome(&shared).await;
        assert_eq!((found.status(), found.is_read_only()), (Status::Healthy, Some(false)));
        let wait = number(&shared.lock().unwrap(), "PRAGMA busy_timeout").unwrap();
        assert_eq!(wait, 5000, "the setting of rusqlite is unchanged");
        let shared = Arc::new(tokio::sync::Mutex::new(Connection::open_in_memory().unwrap()));
        assert_eq!(shared.check().await.unwrap().status(), Status::Healthy);
    }

    #[tokio::test]
    async fn a_database_that_was_opened_to_read_is_read_only() {
        let folder = Folder::new();
        drop(open(&folder));
        let flags = ::rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let reader = Connection::open_with_flags(folder.path().join("app.db"), flags).unwrap();
        let found = outcome(&Arc::new(Mutex::new(reader))).await;
        assert_eq!((found.status(), found.is_read_only()), (Status::Healthy, Some(true)));
        let query_only = open(&folder);
        query_only.execute_batch("PRAGMA query_only = 1").unwrap();
        let found = outcome(&Arc::new(Mutex::new(query_only))).await;
        assert_eq!(found.is_read_only(), Some(true));
    }

    #[tokio::test]
    async fn a_lock_that_is_not_free_in_time_is_exhausted() {
        let folder = Folder::new();
        let shared = Arc::new(Mutex::new(open(&folder)));
        let other = open(&folder);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let found = outcome(&shared).await;
        assert_eq!(found.reason(), Some(Reason::Exhausted));
        assert!(
            found
                .message()
                .unwrap()
                .starts_with("another connection holds the write lock")
        );
        other.execute_batch("ROLLBACK").unwrap();
        let busy = Arc::clone(&shared);
        let (locked, is_locked) = std::sync::mpsc::channel();
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let statement = thread::spawn(move || {
            let _statement = busy.lock().unwrap();
            locked.send(()).unwrap();
            is_done.recv().unwrap();
        });
        is_locked.recv().unwrap();
        let found = outcome(&shared).await;
        assert_eq!(found.reason(), Some(Reason::Exhausted));
        assert!(found.message().unwrap().starts_with("the connection was in use"));
        done.send(()).unwrap();
        statement.join().unwrap();
        assert_eq!(outcome(&shared).await.status(), Status::Healthy);
    }

    #[tokio::test]
    async fn an_open_transaction_of_the_service_is_left_alone() {
        let folder = Folder::new();
        let shared = Arc::new(Mutex::new(open(&folder)));
        let insert = "BEGIN; INSERT INTO orders VALUES ('tea')";
        shared.lock().unwrap().execute_batch(insert).unwrap();
        assert_eq!(outcome(&shared).await.status(), Status::Healthy);
        shared.lock().unwrap().execute_batch("COMMIT").unwrap();
        let orders = number(&shared.lock().unwrap(), "SELECT count(*) FROM orders");
        assert_eq!(orders, Ok(1));
    }

    #[tokio::test]
    async fn a_run_that_is_dropped_leaves_nothing_behind() {
        use futures_util::FutureExt as _;

        let folder = Folder::new();
        let shared = Arc::new(Mutex::new(open(&folder)));
        for _ in 0..100 {
            assert!(Box::pin(shared.check()).as_mut().now_or_never().is_none());
        }
        assert_eq!(outcome(&shared).await.status(), Status::Healthy);
        let connection = shared.lock().unwrap();
        assert!(connection.is_autocommit());
        assert_eq!(number(&connection, "PRAGMA busy_timeout"), Ok(5000));
    }

    #[tokio::test]
    async fn a_poisoned_mutex_is_an_error() {
        let shared = Arc::new(Mutex::new(Connection::open_in_memory().unwrap()));
        let other = Arc::clone(&shared);
        let panics = thread::spawn(move || {
            let _guard = other.lock().unwrap();
            panic!("on purpose");
        });
        panics.join().unwrap_err();
        let text = error(shared.check().await);
        assert!(text.starts_with("the mutex of the connection is poisoned"), "{text}");
    }

    #[tokio::test]
    async fn a_file_that_was_removed_or_is_no_database_is_an_error() {
        let folder = Folder::new();
        let shared = Arc::new(Mutex::new(open(&folder)));
        std::fs::remove_file(folder.path().join("app.db")).unwrap();
        let text = error(shared.check().await);
        assert!(text.contains("gone from its path"), "{text}");
        std::fs::write(folder.path().join("text.db"), "no database".repeat(100)).unwrap();
        let text = Connection::open(folder.path().join("text.db")).unwrap();
        let text = error(Arc::new(Mutex::new(text)).check().await);
        assert!(text.contains("not a database"), "{text}");
    }
}
