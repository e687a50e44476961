//! A database that is only read is healthy, even if it takes no writes.

use std::time::Duration;

use health_runtime::testing::TestHealth;
use health_runtime::{HealthState, Probe, Reason, Status};
use sqlx::sqlite::{SqliteJournalMode, SqlitePool, SqlitePoolOptions};

use super::{assert_is_well, open, open_with, options, order};

#[tokio::test]
async fn a_database_that_was_opened_for_reading_is_healthy() {
    let folder = tempfile::tempdir().unwrap();
    for (name, journal) in [("rollback", SqliteJournalMode::Delete), ("wal", SqliteJournalMode::Wal)] {
        let file = folder.path().join(name);
        let writer = open_with(options(&file).journal_mode(journal), 1).await;
        order(&writer).await;
        let plain = options(&file).create_if_missing(false);
        for reader in [plain.clone().read_only(true), plain.pragma("query_only", "on")] {
            let reader = SqlitePool::connect_with(reader).await.unwrap();
            assert_is_well(&reader).await;
            assert_is_well(&writer).await;
            assert_is_well(&reader).await;
        }
    }
}

#[tokio::test]
async fn an_immutable_database_is_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    open(&file, 1).await.close().await;
    let reader = SqlitePool::connect_with(options(&file).immutable(true)).await.unwrap();
    assert_is_well(&reader).await;
}

#[tokio::test]
async fn a_writer_does_not_delay_the_check_of_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let writer = open(&file, 1).await;
    let _lock = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let reader = SqlitePool::connect_with(options(&file).read_only(true)).await.unwrap();
    assert_is_well(&reader).await;
}

#[derive(HealthState)]
struct State {
    #[health_check(critical)]
    db: SqlitePool,
}

#[tokio::test]
async fn a_database_that_took_writes_and_is_read_only_now_is_not_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(2));
    let options = options(&folder.path().join("orders.db"));
    let db = pool.connect_with(options).await.unwrap();
    let health = TestHealth::new(State { db: db.clone() });
    health.refresh().await;
    health.assert_status(Probe::Readiness, Status::Healthy);
    sqlx::raw_sql("PRAGMA query_only = on").execute(&db).await.unwrap();
    health.refresh().await;
    health.assert_status(Probe::Readiness, Status::Unhealthy);
    assert_eq!(health.check("db").reason, Some(Reason::ReadOnly));
    sqlx::raw_sql("PRAGMA query_only = off").execute(&db).await.unwrap();
    health.refresh().await;
    health.assert_status(Probe::Readiness, Status::Healthy);
}
