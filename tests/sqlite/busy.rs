//! A database that is fully in use, so that a run cannot tell whether it works.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use health_runtime::testing::TestHealth;
use health_runtime::{CheckResult, HealthCheck as _, HealthState, Outcome, Probe, Reason, Status};
use health_tests::{get, workers};
use sqlx::Row as _;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::{Served, assert_is_well, found, open, options, order, says};

#[derive(Clone, HealthState)]
#[health(interval = "1500ms", timeout = "1s")]
struct Patient {
    #[health_check(critical, max_age = "6s")]
    db: SqlitePool,
}

#[tokio::test]
async fn a_busy_pool_is_saturated_and_not_dead() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("orders.db"), 1).await;
    let held = db.acquire().await.unwrap();
    // The order matters: the check must wait for the connection before the 200 ms begin.
    let in_use = async {
        sleep(Duration::from_millis(200)).await;
        drop(held);
    };
    let (result, ()) = tokio::join!(db.check(), in_use);
    let (status, reason, message) = found(result);
    assert_eq!((status, reason), (Status::Degraded, Some(Reason::Saturated)));
    assert!(
        message.starts_with("all 1 connections of the pool are in use; one came free after"),
        "{message}"
    );
    assert_is_well(&db).await;
}

#[tokio::test]
async fn a_full_pool_passes_until_its_database_has_not_answered_for_max_age() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("orders.db"), 2).await;
    let app = Patient { db: db.clone() }.start_health().router();
    says(&app, 200, None).await;
    let began = Instant::now();
    let held = [db.acquire().await.unwrap(), db.acquire().await.unwrap()];
    while began.elapsed() < Duration::from_secs(5) {
        let answer = get(&app, "/readyz").await;
        let reason = &answer.json()["checks"][0]["reason"];
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(
            *reason == "saturated" || began.elapsed() < Duration::from_millis(2_900),
            "{}",
            answer.body
        );
        sleep(Duration::from_millis(20)).await;
    }
    says(&app, 503, Some("exhausted")).await;
    drop(held);
    says(&app, 200, None).await;
}

#[derive(Clone, HealthState)]
#[health(timeout = "800ms")]
struct Wrapped {
    #[health_check]
    many: Vec<SqlitePool>,
    #[health_check]
    shared: Arc<SqlitePool>,
    #[health_check]
    maybe: Option<SqlitePool>,
    #[health_check(with = by_function)]
    function: SqlitePool,
    #[health_check(blocking, with = by_blocking)]
    blocking: SqlitePool,
}

async fn by_function(db: &SqlitePool) -> CheckResult {
    db.check().await
}

fn by_blocking(db: &SqlitePool) -> CheckResult {
    tokio::task::block_in_place(|| Handle::current().block_on(db.check()))
}

/// The names and the reasons of the checks.
fn reasons(health: &health_runtime::Health) -> Vec<(String, Option<Reason>)> {
    let report = health.report(Probe::Health);
    let checks = report.checks.into_iter();
    checks.map(|check| (check.name.to_string(), check.reason)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_a_connection_ends_before_the_timeout_wherever_the_pool_is() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("orders.db"), 1).await;
    let state = Wrapped {
        many: vec![db.clone()],
        shared: Arc::new(db.clone()),
        maybe: Some(db.clone()),
        function: db.clone(),
        blocking: db.clone(),
    };
    let _held = db.acquire().await.unwrap();
    let health = state.clone().start_health();
    health_tests::until("every check has run", async || {
        let reasons = reasons(&health);
        let ran = |(_, reason): &(String, Option<Reason>)| *reason != Some(Reason::Pending);
        reasons.iter().all(ran).then_some(())
    })
    .await;
    for (name, reason) in reasons(&health) {
        assert_eq!(reason, Some(Reason::Exhausted), "{name}");
    }
    let test = TestHealth::new(state);
    test.refresh().await;
    for (name, reason) in reasons(test.health()) {
        assert_eq!(reason, Some(Reason::Exhausted), "{name} in the test kit");
    }
}

#[tokio::test]
async fn a_pool_that_gives_up_first_is_exhausted_too() {
    let folder = tempfile::tempdir().unwrap();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(50));
    let db = pool
        .connect_with(options(&folder.path().join("orders.db")))
        .await
        .unwrap();
    let _held = db.acquire().await.unwrap();
    let full = Outcome::exhausted("all 1 connections of the pool are in use");
    assert_eq!(found(db.check().await), found(Ok(full)));
}

#[tokio::test]
async fn a_pool_that_cannot_open_a_connection_is_not_busy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no folder").join("orders.db");
    let db = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(options(&file));
    let (status, reason, message) = found(db.check().await);
    assert_eq!((status, reason), (Status::Unhealthy, Some(Reason::Error)), "{message}");
}

#[test]
fn a_full_blocking_pool_of_the_application_does_not_fail_the_database() {
    let gate = Arc::new(Mutex::new(()));
    let service = workers(2);
    let _closed = gate.lock().unwrap(); // dropped first: the runtime waits for its blocking pool
    service.block_on(async {
        let Served { db, app, .. } = &Served::new(2).await;
        for _ in 0..600 {
            let gate = Arc::clone(&gate);
            tokio::task::spawn_blocking(move || drop(gate.lock()));
        }
        let until = Instant::now() + Duration::from_secs(2);
        while Instant::now() < until {
            let answer = get(app, "/readyz").await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            order(db).await;
            sleep(Duration::from_millis(20)).await;
        }
    });
}

#[tokio::test]
async fn a_database_locked_for_longer_than_max_age_is_exhausted_and_recovers() {
    let Served { file, app, .. } = &Served::new(1).await;
    let other = open(file, 1).await;
    for lock in ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"] {
        let lock = other.begin_with(lock).await.unwrap();
        says(app, 200, Some("saturated")).await;
        says(app, 503, Some("exhausted")).await;
        lock.rollback().await.unwrap();
        says(app, 200, None).await;
    }
}

#[tokio::test]
async fn a_held_lock_does_not_delay_the_connections_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let (db, other) = (open(&file, 1).await, open(&file, 1).await);
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let began = Instant::now();
    let (status, reason, message) = found(db.check().await);
    assert_eq!((status, reason), (Status::Unhealthy, Some(Reason::Exhausted)));
    assert!(
        message.starts_with("another connection holds the write lock"),
        "{message}"
    );
    let orders = sqlx::query("SELECT count(*) FROM orders").fetch_one(&db).await.unwrap();
    assert_eq!(orders.get::<i64, _>(0), 0);
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "SQLite's own wait would be 5 s"
    );
    lock.rollback().await.unwrap();
}

#[tokio::test]
async fn a_database_with_one_writer_after_the_other_is_not_dead() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let (db, other) = (open(&file, 1).await, open(&file, 1).await);
    let writer = tokio::spawn(async move {
        loop {
            let mut transaction = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
            let insert = sqlx::query("INSERT INTO orders VALUES ('tea')");
            insert.execute(&mut *transaction).await.unwrap();
            sleep(Duration::from_millis(60)).await;
            transaction.commit().await.unwrap();
        }
    });
    for _ in 0..3 {
        let (status, _, message) = found(db.check().await);
        assert!(status.passes(), "{message}");
    }
    writer.abort();
}

/// A commit that is under way hides the `data_version`, as an exclusive lock does here for the last looks of the check.
#[tokio::test]
async fn a_commit_counts_even_if_the_last_look_cannot_read_the_version() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let (db, other) = (open(&file, 1).await, open(&file, 1).await);
    let mut other = other.acquire().await.unwrap();
    let mut run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut *other).await.map(drop).unwrap();
    run("BEGIN IMMEDIATE; INSERT INTO orders VALUES ('tea')").await;
    let in_turn = async {
        sleep(Duration::from_millis(250)).await;
        run("COMMIT; BEGIN IMMEDIATE").await;
        sleep(Duration::from_millis(350)).await; // the check looks every 100 ms, and sees the commit
        run("COMMIT; BEGIN EXCLUSIVE").await;
    };
    let (result, ()) = tokio::join!(db.check(), in_turn);
    let (status, _, message) = found(result);
    assert!(status.passes(), "{message}");
}
