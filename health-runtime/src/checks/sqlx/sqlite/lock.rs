//! Takes the write lock and releases it. A connection that gets this lock can write.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::query;
use super::super::sqlx::pool::PoolConnection;
use super::super::sqlx::{self, Connection as _, Executor as _, Row as _, Sqlite, SqliteConnection};
use crate::BoxError;

/// The first pause between two tries, and the longest. Each pause is twice the previous one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How the database answered.
#[derive(Debug)]
pub(super) enum Lock {
    /// The lock was taken and released.
    Free,
    /// This connection can only read.
    ReadOnly,
    /// Another connection held the lock for this many milliseconds, and no commit was seen.
    Held { waited: u128 },
    /// Other connections held the lock in turn for this many milliseconds, and committed.
    HeldInTurn { waited: u128 },
}

/// One try.
enum Tried {
    Free,
    ReadOnly,
    /// The `data_version`, if it could be read. It changes with each commit of another connection.
    Held(Option<i64>),
}

/// Tries to take the write lock until it is free, for at most `patience`. Returns the connection and the path of the
/// database. The path is `None` for a database in memory: only this process uses it, so its lock is not tried.
pub(super) async fn ask(
    mut connection: PoolConnection<Sqlite>,
    patience: Duration,
) -> Result<(PoolConnection<Sqlite>, Option<String>, Lock), BoxError> {
    let file = file(&mut connection).await?;
    if file.is_none() {
        connection.execute("SELECT 1").await?;
        return Ok((connection, file, Lock::Free));
    }
    let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
    // The first and the last version that could be read. It cannot be read while another connection commits.
    let (mut first, mut last) = (None, None);
    loop {
        // A task of its own: it goes on to its end even if the run is dropped. So the connection returns to the pool
        // unchanged.
        let (back, tried) = tokio::spawn(async move {
            let tried = try_at_once(&mut connection).await;
            (connection, tried)
        })
        .await?;
        connection = back;
        let version = match tried? {
            Tried::Free => return Ok((connection, file, Lock::Free)),
            Tried::ReadOnly => return Ok((connection, file, Lock::ReadOnly)),
            Tried::Held(version) => version,
        };
        first = first.or(version);
        last = version.or(last);
        if began.elapsed() + pause > patience {
            let waited = began.elapsed().as_millis();
            let lock = if last == first {
                Lock::Held { waited }
            } else {
                Lock::HeldInTurn { waited }
            };
            return Ok((connection, file, lock));
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// The path of the database, with symbolic links resolved, as SQLite keeps it; `None` in memory. Reads nothing.
async fn file(connection: &mut SqliteConnection) -> sqlx::Result<Option<String>> {
    for row in connection.fetch_all("PRAGMA database_list").await? {
        if row.try_get::<&str, _>(1)? == "main" {
            let file: Option<String> = row.try_get(2)?;
            return Ok(file.filter(|file| !file.is_empty()));
        }
    }
    Ok(None)
}

/// Tries without SQLite's own wait for a lock. That wait blocks the thread of the connection for the `busy_timeout` (5
/// s by default), and with it every caller that asks the pool for the connection.
async fn try_at_once(connection: &mut SqliteConnection) -> sqlx::Result<Tried> {
    let wait = number(connection, "PRAGMA busy_timeout").await?;
    if wait == 0 {
        // The application has no timeout, or it has a busy handler of its own. A timeout would remove that handler.
        return try_once(connection).await;
    }
    connection.execute("PRAGMA busy_timeout = 0").await?;
    let tried = try_once(connection).await;
    connection
        .execute(query(&format!("PRAGMA busy_timeout = {wait}")))
        .await?;
    tried
}

async fn try_once(connection: &mut SqliteConnection) -> sqlx::Result<Tried> {
    match take(connection).await {
        Ok(()) => Ok(Tried::Free),
        Err(error) if is_busy(&error) => {
            let version = number(connection, "PRAGMA data_version").await;
            Ok(Tried::Held(version.ok()))
        }
        Err(error) if is_read_only(&error) => {
            vacuums(connection).await?; // proves that the connection can read
            Ok(Tried::ReadOnly)
        }
        Err(error) => Err(error),
    }
}

/// Takes the write lock and releases it. If the future is dropped, `begin_with` rolls the transaction back.
async fn take(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    // This reads the first page. It fails on a `query_only` connection. On a database that was opened read-only, it
    // only takes the lock of a reader.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    if !vacuums(&mut transaction).await? {
        // This fails on a read-only database. On others it does nothing.
        transaction.execute("PRAGMA main.incremental_vacuum(1)").await?;
    }
    transaction.rollback().await
}

/// Whether `incremental_vacuum` would write: the database has free pages, and its `auto_vacuum` is on.
async fn vacuums(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let vacuums = "SELECT auto_vacuum <> 0 AND freelist_count > 0 FROM pragma_auto_vacuum, pragma_freelist_count";
    Ok(number(connection, vacuums).await? != 0)
}

async fn number(connection: &mut SqliteConnection, query: &'static str) -> sqlx::Result<i64> {
    connection.fetch_one(query).await?.try_get(0)
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(code(error).map(|code| code & 0xff), Some(5 | 6)) // `SQLITE_BUSY`, `SQLITE_LOCKED`, their extended codes
}

/// The extended codes of `SQLITE_READONLY` do not count: they mean that the database needs something, such as a
/// recovery.
fn is_read_only(error: &sqlx::Error) -> bool {
    code(error) == Some(8)
}

/// SQLite's extended result code.
fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
