//! The check of an SQLite pool, on real files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use health_runtime::{HealthCheck as _, HealthState, Reason, Status};
use health_tests::{get, until};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;

#[derive(Clone, HealthState)]
#[health(interval = "200ms")]
struct App {
    #[health_check(critical)]
    db: SqlitePool,
}

async fn open(file: &Path, connections: u32) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
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

async fn says(app: &Router, code: u16, reason: Option<&str>) {
    until(&format!("{code} {reason:?}"), async || {
        let answer = get(app, "/readyz").await;
        (answer.status == code && answer.json()["checks"][0]["reason"].as_str() == reason).then_some(())
    })
    .await;
}

/// A service on a database of its own, found healthy.
struct Served {
    _folder: TempDir,
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
        Self {
            _folder: folder,
            file,
            db,
            app,
        }
    }
}

#[tokio::test]
async fn a_closed_pool_is_not_healthy() {
    let Served { db, app, .. } = &Served::new(2).await;
    db.close().await;
    says(app, 503, Some("error")).await;
}

#[tokio::test]
async fn a_database_in_memory_has_no_file_to_lose() {
    let db = SqlitePool::connect("sqlite::memory:").await.unwrap();
    assert_eq!(db.check().await.unwrap().status(), Status::Healthy);
}

#[tokio::test]
async fn a_deleted_database_is_not_healthy() {
    let Served { file, app, .. } = &Served::new(2).await;
    std::fs::remove_file(file).unwrap();
    says(app, 503, Some("error")).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_healthy() {
    let Served { file, app, .. } = &Served::new(1).await;
    std::fs::write(file, vec![b'x'; 16 * 1024]).unwrap();
    says(app, 503, Some("error")).await;
}

#[tokio::test]
async fn a_database_that_somebody_locks_times_out_and_recovers() {
    let Served { file, app, .. } = &Served::new(1).await;
    let other = open(file, 1).await;
    let mut lock = other.acquire().await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut *lock).await.unwrap();
    says(app, 503, Some("timeout")).await;
    sqlx::query("ROLLBACK").execute(&mut *lock).await.unwrap();
    says(app, 200, None).await;
}

#[tokio::test]
async fn a_busy_pool_is_saturated_and_not_dead() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("orders.db"), 1).await;
    let held = db.acquire().await.unwrap();
    // In this order: the check waits for the connection before the time begins in which it stays in use.
    let in_use = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(held);
    };
    let (outcome, ()) = tokio::join!(db.check(), in_use);
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.status(), outcome.reason()),
        (Status::Degraded, Some(Reason::Saturated))
    );
    assert_eq!(db.check().await.unwrap().status(), Status::Healthy);
}
