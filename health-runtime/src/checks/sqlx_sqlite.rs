//! `sqlx::SqlitePool`.

use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Row as _, Sqlite, SqlitePool};

use crate::check::HealthCheck;
use crate::outcome::{CheckResult, Outcome};

/// A request notices when it waits for longer than this for a connection.
const QUEUE: Duration = Duration::from_millis(50);

/// Reads the first page of the database file, and looks whether the file is still where it was opened: SQLite goes on
/// with a deleted file as if nothing had happened, and the data is gone with the process.
///
/// A pool whose connections are all in use is degraded (`saturated`) as long as one comes free within the timeout;
/// one that comes free within 50 ms is healthy.
#[cfg_attr(docsrs, doc(cfg(feature = "sqlx-sqlite")))]
impl HealthCheck for SqlitePool {
    async fn check(&self) -> CheckResult {
        let began = Instant::now();
        let mut connection = match self.try_acquire() {
            Some(connection) => connection,
            None => self.acquire().await?,
        };
        let queued = began.elapsed();
        read(&mut connection).await?;
        if queued > QUEUE && self.size() >= self.options().get_max_connections() {
            let connections = self.size();
            return Ok(Outcome::saturated(format!(
                "all {connections} connections of the pool are in use; one came free after {queued:?}"
            )));
        }
        Ok(Outcome::healthy())
    }
}

async fn read(connection: &mut PoolConnection<Sqlite>) -> Result<(), crate::BoxError> {
    sqlx::query("SELECT 1 FROM sqlite_schema LIMIT 1")
        .fetch_optional(&mut **connection)
        .await?;
    let row = sqlx::query("SELECT file FROM pragma_database_list WHERE name = 'main'");
    let file: Option<String> = row.fetch_one(&mut **connection).await?.try_get(0)?;
    match file.filter(|file| !file.is_empty()) {
        Some(file) if !tokio::fs::try_exists(&file).await? => Err("the database file is gone".into()),
        _ => Ok(()), // in memory, there is none
    }
}
