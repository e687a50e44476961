//! SQLite: connections and pools of it. No server counts them, but each has an open file.

use std::sync::{Arc, Mutex};

use health_services::soak::{ran_alone, soak};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::answers_in_order;

/// Proves that the connection also takes writes: the checks take the write lock.
const INSERT: &str = "INSERT INTO orders VALUES (?) RETURNING item";
const CREATE: &str = "CREATE TABLE orders (item INT)";

macro_rules! with_version {
    ($test:ident: $sqlx:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            if ran_alone() {
                return;
            }
            use $sqlx as sqlx;
            let folder = tempdir().unwrap();
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options.filename(path(&folder)).create_if_missing(true);
            let pool = sqlx::sqlite::SqlitePoolOptions::new()
                .max_connections(3)
                .connect_lazy_with(options);
            sqlx::query(CREATE).execute(&pool).await.unwrap();
            soak(pool.clone(), || 0).await;
            let mut taken = Vec::new();
            for _ in 0..3 {
                taken.push(pool.acquire().await.unwrap());
            }
            for mut connection in taken {
                answers_in_order(async |value| {
                    let insert = sqlx::query_scalar(INSERT).bind(value);
                    insert.fetch_one(&mut *connection).await.unwrap()
                })
                .await;
            }
        }
    };
}

with_version!(a_pool_of_sqlx_0_8: sqlx_0_8);
with_version!(a_pool_of_sqlx_0_9: sqlx_0_9);

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("app.db")
}

async fn in_order(connection: &Connection) {
    answers_in_order(async |value| connection.query_row(INSERT, [value], |row| row.get(0)).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_rusqlite() {
    if ran_alone() {
        return;
    }
    let folder = tempdir().unwrap();
    let connection = Connection::open(path(&folder)).unwrap();
    connection.execute_batch(CREATE).unwrap();
    let connection = Arc::new(Mutex::new(connection));
    soak(Arc::clone(&connection), || 0).await;
    // The thread of the last run may still hold it.
    while Arc::strong_count(&connection) > 1 {
        tokio::task::yield_now().await;
    }
    in_order(&Arc::into_inner(connection).unwrap().into_inner().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_r2d2() {
    if ran_alone() {
        return;
    }
    let folder = tempdir().unwrap();
    let manager = SqliteConnectionManager::file(path(&folder));
    let pool = r2d2::Pool::builder().max_size(3).build(manager).unwrap();
    pool.get().unwrap().execute_batch(CREATE).unwrap();
    soak(pool.clone(), || 0).await;
    let taken = [pool.get().unwrap(), pool.get().unwrap(), pool.get().unwrap()];
    for connection in &taken {
        in_order(connection).await;
    }
}
