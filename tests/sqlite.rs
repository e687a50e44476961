//! The check of an SQLite pool, on real files.

#[path = "sqlite/busy.rs"]
mod busy;
#[cfg(target_os = "linux")]
#[path = "sqlite/disk.rs"]
mod disk;
#[path = "sqlite/file.rs"]
mod file;
#[path = "sqlite/leftovers.rs"]
mod leftovers;
#[path = "sqlite/reader.rs"]
mod reader;

use std::path::{Path, PathBuf};

use axum::Router;
use health_runtime::{HealthCheck as _, HealthState, Outcome, Reason, Status};
use health_tests::{get, until};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;

#[derive(Clone, HealthState)]
#[health(interval = "200ms")]
struct App {
    #[health_check(critical)]
    db: SqlitePool,
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).create_if_missing(true)
}

async fn open(file: &Path, connections: u32) -> SqlitePool {
    open_with(options(file), connections).await
}

async fn open_with(options: SqliteConnectOptions, connections: u32) -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .connect_with(options)
        .await
        .unwrap();
    sqlx::query("CREATE TABLE IF NOT EXISTS orders (item TEXT)")
        .execute(&pool)
        .await
        .unwrap();
    pool
}

async fn order(db: &SqlitePool) {
    let insert = sqlx::query("INSERT INTO orders VALUES ('tea')");
    insert.execute(db).await.unwrap();
}

async fn says(app: &Router, code: u16, reason: Option<&str>) {
    until(&format!("{code} {reason:?}"), async || {
        let answer = get(app, "/readyz").await;
        (answer.status == code && answer.json()["checks"][0]["reason"].as_str() == reason).then_some(())
    })
    .await;
}

/// The status, reason and message of a check that is called by hand.
fn found(result: health_runtime::CheckResult) -> (Status, Option<Reason>, String) {
    match result {
        Ok(outcome) => {
            let message = outcome.message().unwrap_or_default().to_owned();
            (outcome.status(), outcome.reason(), message)
        }
        Err(error) => (Status::Unhealthy, Some(Reason::Error), error.to_string()),
    }
}

async fn assert_fails_with(db: &SqlitePool, part: &str) {
    let (status, reason, message) = found(db.check().await);
    assert_eq!((status, reason), (Status::Unhealthy, Some(Reason::Error)), "{message}");
    assert!(message.contains(part), "{message}");
}

async fn assert_is_well(db: &SqlitePool) {
    assert_eq!(found(db.check().await), found(Ok(Outcome::healthy())));
}

/// A healthy service with its own database.
struct Served {
    folder: TempDir,
    file: PathBuf,
    db: SqlitePool,
    app: Router,
}

impl Served {
    async fn new(connections: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("orders.db");
        let db = open(&file, connections).await;
        let app = App { db: db.clone() }.start_health().router();
        says(&app, 200, None).await;
        Self { folder, file, db, app }
    }
}

#[tokio::test]
async fn a_closed_pool_is_not_healthy() {
    let Served { db, app, .. } = &Served::new(2).await;
    db.close().await;
    says(app, 503, Some("error")).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_healthy() {
    let Served { file, app, .. } = &Served::new(1).await;
    std::fs::write(file, vec![b'x'; 16 * 1024]).unwrap();
    says(app, 503, Some("error")).await;
}

#[tokio::test]
async fn a_database_in_memory_has_no_file_to_lose() {
    for url in ["sqlite::memory:", "sqlite://?mode=memory&cache=private", "sqlite:"] {
        let one = SqlitePoolOptions::new().max_connections(1);
        assert_is_well(&one.connect(url).await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_writer_does_not_delay_the_check_of_a_database_in_memory() {
    let db = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let _writes = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert_is_well(&db).await;
}

#[tokio::test]
async fn every_journal_and_cache_is_healthy() {
    use sqlx::sqlite::{SqliteAutoVacuum, SqliteJournalMode, SqliteLockingMode};

    let folder = tempfile::tempdir().unwrap();
    let options = |name| options(&folder.path().join(name));
    for options in [
        options("wal").journal_mode(SqliteJournalMode::Wal),
        options("truncate").journal_mode(SqliteJournalMode::Truncate),
        options("memory").journal_mode(SqliteJournalMode::Memory),
        options("off").journal_mode(SqliteJournalMode::Off),
        options("exclusive").locking_mode(SqliteLockingMode::Exclusive),
        options("shared").shared_cache(true),
        options("vacuum").auto_vacuum(SqliteAutoVacuum::Incremental),
        options("no wait").busy_timeout(std::time::Duration::ZERO),
    ] {
        let db = open_with(options, 1).await;
        sqlx::raw_sql("INSERT INTO orders VALUES (zeroblob(100000)); DELETE FROM orders")
            .execute(&db)
            .await
            .unwrap();
        for _ in 0..3 {
            assert_is_well(&db).await;
            order(&db).await;
        }
    }
}
