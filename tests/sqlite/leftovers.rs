//! A check leaves nothing behind, even if it is dropped at any moment.

use std::time::Duration;

use futures_util::FutureExt as _;
use health_runtime::HealthCheck as _;
use sqlx::sqlite::{SqliteJournalMode, SqlitePool};
use sqlx::{Executor as _, Row as _};

use super::{assert_is_well, open, open_with, options};

/// Asserts that every connection of the pool can write, and has its old `busy_timeout`.
async fn assert_as_before(db: &SqlitePool, connections: usize) {
    let mut all = Vec::new();
    for _ in 0..connections {
        all.push(db.acquire().await.unwrap());
    }
    for connection in &mut all {
        let wait = connection.fetch_one("PRAGMA busy_timeout").await.unwrap();
        assert_eq!(wait.get::<i64, _>(0), 5_000);
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        connection.execute("INSERT INTO orders VALUES ('tea')").await.unwrap();
        connection.execute("COMMIT").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_dropped_leaves_no_transaction_open() {
    let folder = tempfile::tempdir().unwrap();
    for journal in [SqliteJournalMode::Delete, SqliteJournalMode::Wal] {
        let file = folder.path().join(format!("{journal:?}"));
        let db = open_with(options(&file).journal_mode(journal), 3).await;
        // From zero to more than a run takes.
        for micros in (0..2_000).step_by(20) {
            let limit = Duration::from_micros(micros);
            let dropped = [0; 3].map(|_| tokio::time::timeout(limit, db.check()));
            drop(futures_util::future::join_all(dropped).await);
            if micros % 100 == 0 {
                assert_as_before(&db, 3).await;
            }
        }
        assert_as_before(&db, 3).await;
    }
}

#[tokio::test]
async fn a_check_that_is_polled_a_few_times_leaves_no_transaction_open() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("orders.db"), 1).await;
    for polls in 0..60 {
        {
            let mut check = Box::pin(db.check());
            for _ in 0..polls {
                if check.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert_as_before(&db, 1).await;
    }
}

#[tokio::test]
async fn a_check_that_is_dropped_while_it_waits_for_the_lock_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let (db, other) = (open(&file, 1).await, open(&file, 1).await);
    let lock = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(200), db.check()).await;
    assert!(dropped.is_err(), "it waits");
    lock.rollback().await.unwrap();
    assert_as_before(&db, 1).await;
    assert_is_well(&db).await;
}

#[tokio::test]
async fn a_check_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for journal in [SqliteJournalMode::Delete, SqliteJournalMode::Wal] {
        let name = format!("{journal:?}");
        let db = open_with(options(&folder.path().join(&name)).journal_mode(journal), 1).await;
        let files = || {
            let mut files: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|file| file.unwrap().path())
                .filter(|path| !path.to_string_lossy().ends_with("-shm")) // holds the locks
                .map(|path| {
                    (
                        std::fs::read(&path).unwrap(),
                        path.metadata().unwrap().modified().unwrap(),
                        path,
                    )
                })
                .collect();
            files.sort();
            files
        };
        let before = files();
        assert_is_well(&db).await;
        assert!(before == files());
    }
}
