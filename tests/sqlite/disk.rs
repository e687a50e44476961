//! A file system that takes no writes. The tests mount a real one, which only root may do.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use health_runtime::{HealthCheck as _, HealthState as _};
use health_tests::until;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;

use super::{App, assert_fails_with, assert_is_well, open, options, order, says};

/// A mounted file system. Dropping it unmounts it.
struct Mounted(TempDir);

impl Mounted {
    /// `None`, with a message, if this machine cannot mount it.
    fn new(arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        run("mount", arguments, folder.path()).then(|| Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        while run("umount", &["-l"], self.path()) {} // one mount may cover another
    }
}

/// Runs a command on this path.
fn run(command: &str, arguments: &[&str], path: &Path) -> bool {
    let arguments = arguments.iter().map(OsStr::new).chain([path.as_os_str()]);
    let output = Command::new(command).args(arguments).output();
    let is_done = output.as_ref().is_ok_and(|output| output.status.success());
    if !is_done && command != "umount" {
        eprintln!("SKIPPED, since `{command}` does not work here: {output:?}");
    }
    is_done
}

async fn cannot_write(db: &SqlitePool) {
    let insert = sqlx::query("INSERT INTO orders VALUES (zeroblob(100000))");
    insert.execute(db).await.unwrap_err();
}

#[tokio::test]
async fn a_full_file_system_is_not_healthy() {
    let Some(disk) = Mounted::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) else {
        return;
    };
    let db = open(&disk.path().join("orders.db"), 2).await;
    let app = App { db: db.clone() }.start_health().router();
    says(&app, 200, None).await;
    let filler = disk.path().join("filler");
    fs::write(&filler, vec![0; 2 << 20]).unwrap_err();
    cannot_write(&db).await;
    says(&app, 503, Some("error")).await;
    assert_fails_with(&db, "the file system of the database is full").await;
    let reader = SqlitePool::connect_with(options(&disk.path().join("orders.db")).read_only(true));
    assert_is_well(&reader.await.unwrap()).await;
    fs::remove_file(&filler).unwrap();
    order(&db).await;
    says(&app, 200, None).await;
}

#[tokio::test]
async fn a_file_system_that_becomes_read_only_is_not_healthy() {
    let Some(disk) = Mounted::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) else {
        return;
    };
    let db = open(&disk.path().join("orders.db"), 1).await;
    let app = App { db: db.clone() }.start_health().router();
    says(&app, 200, None).await;
    // The mount itself is busy, so a read-only mount covers it.
    let place = disk.path().to_str().unwrap();
    if !run("mount", &["--bind", place], disk.path()) || !run("mount", &["-o", "remount,bind,ro"], disk.path()) {
        return;
    }
    cannot_write(&db).await;
    says(&app, 503, Some("error")).await;
    assert_fails_with(&db, "the file system of the database is read-only").await;
}

#[tokio::test]
async fn a_disk_that_fails_is_not_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("disk");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    if !run("mkfs.ext4", &["-q", "-F"], &image) {
        return;
    }
    let Some(disk) = Mounted::new(&["-o", "loop", image.to_str().unwrap()]) else {
        return;
    };
    let db = open(&disk.path().join("orders.db"), 5).await;
    assert_is_well(&db).await;
    // The kernel does the same after an error of the disk.
    if !run("mount", &["-o", "remount,abort"], disk.path()) {
        return;
    }
    cannot_write(&db).await;
    assert_takes_no_writes(&db).await;
    // A connection that is opened now can only read. Still, the database counts as one that takes writes.
    until("all connections are back in the pool", async || {
        (db.num_idle() == db.size() as usize).then_some(())
    })
    .await;
    let _held: Vec<_> = std::iter::from_fn(|| db.try_acquire()).collect();
    assert_takes_no_writes(&db).await;
}

#[tokio::test]
async fn a_database_that_is_opened_on_a_read_only_file_system_is_healthy() {
    let Some(disk) = Mounted::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) else {
        return;
    };
    let file = disk.path().join("orders.db");
    open(&file, 1).await.close().await;
    if !run("mount", &["-o", "remount,ro"], disk.path()) {
        return;
    }
    let pool = SqlitePoolOptions::new().max_connections(1);
    let db = pool.connect_with(options(&file)).await.unwrap();
    assert_is_well(&db).await;
}

/// The check says so itself, or reports it, and then the engine compares it with earlier runs.
async fn assert_takes_no_writes(db: &SqlitePool) {
    match db.check().await {
        Ok(outcome) => assert_eq!(outcome.is_read_only(), Some(true)),
        Err(error) => assert!(error.to_string().contains("read-only"), "{error}"),
    }
}
