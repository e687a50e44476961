//! The file of the database: the path must still lead to the file that is open.

use std::fs;
use std::path::Path;
use std::process::Command;

use sqlx::sqlite::SqliteJournalMode;

use super::{Served, assert_fails_with, assert_is_well, open, open_with, options, order, says};

const REPLACED: &str = "another file is at the path of the database";
const GONE: &str = "the database file is gone from its path";

/// `cp x y && mv y x`, as an editor or a restored backup does it.
fn replace(file: &Path) {
    let copy = file.with_extension("copy");
    let arguments = [file.as_os_str(), copy.as_os_str()];
    assert!(Command::new("cp").args(arguments).status().unwrap().success());
    fs::rename(copy, file).unwrap();
}

#[tokio::test]
async fn a_deleted_database_is_not_healthy() {
    let Served { file, db, app, .. } = &Served::new(2).await;
    fs::remove_file(file).unwrap();
    says(app, 503, Some("error")).await;
    assert_fails_with(db, GONE).await;
}

#[tokio::test]
async fn a_database_that_was_moved_to_another_folder_is_not_healthy() {
    let Served { folder, file, db, app } = &Served::new(2).await;
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(file, elsewhere.join("orders.db")).unwrap();
    says(app, 503, Some("error")).await;
    assert_fails_with(db, GONE).await;
    fs::rename(elsewhere.join("orders.db"), file).unwrap();
    says(app, 200, None).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_replaced_database_is_not_healthy() {
    let Served { file, db, app, .. } = &Served::new(2).await;
    replace(file);
    says(app, 503, Some("error")).await;
    assert_fails_with(db, REPLACED).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_replaced_database_is_not_healthy_even_if_writes_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let db = open_with(options(&file).journal_mode(SqliteJournalMode::Wal), 2).await;
    assert_is_well(&db).await;
    replace(&file);
    order(&db).await; // the write still succeeds
    assert_fails_with(&db, REPLACED).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_first_run_finds_a_replaced_database_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let db = open(&file, 2).await;
    replace(&file);
    assert_fails_with(&db, REPLACED).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_database_that_was_moved_away_for_another_is_not_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let db = open(&file, 2).await;
    let held = db.acquire().await.unwrap();
    assert_is_well(&db).await;
    let old = folder.path().join("old.db");
    fs::rename(&file, &old).unwrap();
    fs::copy(&old, &file).unwrap();
    assert_fails_with(&db, REPLACED).await;
    // A new connection opens the new file, and the old one still writes to the old file.
    drop(db.acquire().await.unwrap());
    assert_eq!(db.size(), 2);
    assert_fails_with(&db, REPLACED).await;
    drop(held);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_service_that_opens_the_new_file_is_healthy_again() {
    let Served { file, db, app, .. } = &Served::new(2).await;
    replace(file);
    says(app, 503, Some("error")).await;
    // A deployment often replaces the file and opens it again. No state of the old file may be left.
    db.close().await;
    let db = open(file, 2).await;
    assert_is_well(&db).await;
}

#[tokio::test]
async fn a_file_is_found_under_any_name_and_through_any_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut open_ones = Vec::new();
    for name in ["a b.db", "Aufträge № 1.db", "odd?name=x#y%20.db", "x (deleted)", "x"] {
        let db = open(&folder.path().join(name), 1).await;
        assert_is_well(&db).await;
        assert_is_well(&db).await;
        open_ones.push(db); // stays open for the others
    }
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    #[cfg(unix)]
    {
        let (link, file_link) = (folder.path().join("link"), place.join("link.db"));
        std::os::unix::fs::symlink(&place, &link).unwrap();
        std::os::unix::fs::symlink("orders.db", &file_link).unwrap();
        assert_is_well(&open(&link.join("orders.db"), 1).await).await;
        let db = open(&file_link, 1).await;
        assert_is_well(&db).await;
        fs::remove_file(place.join("orders.db")).unwrap();
        assert_fails_with(&db, GONE).await;
    }
}

#[tokio::test]
async fn two_pools_can_check_one_file_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let (one, two) = (open(&file, 2).await, open(&file, 2).await);
    for _ in 0..50 {
        tokio::join!(assert_is_well(&one), assert_is_well(&two));
    }
}
