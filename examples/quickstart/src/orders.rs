//! The orders: the handlers that accept and list them, and the database that stores them.

use std::num::NonZeroU32;
use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::AppState;

/// A list shows this many orders at most.
const LATEST: u32 = 20;

#[derive(Deserialize)]
struct NewOrder {
    item: String,
    quantity: NonZeroU32,
}

#[derive(Serialize)]
struct Order {
    id: i64,
    item: String,
    quantity: u32,
}

/// Opens the database. It still has the orders of earlier runs.
pub(crate) async fn open(file: &Path) -> sqlx::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal) // readers do not wait for the writer
        .synchronous(SqliteSynchronous::Normal);
    let db = SqlitePool::connect_with(options).await?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL, quantity INTEGER NOT NULL)",
    )
    .execute(&db)
    .await?;
    Ok(db)
}

/// Reads the latest orders once, before the first request needs them.
pub(crate) async fn warm_up(db: &SqlitePool) -> sqlx::Result<()> {
    let orders = latest(db).await?;
    tracing::info!(orders = orders.len(), "caches are warm");
    Ok(())
}

pub(crate) fn router() -> Router<AppState> {
    Router::new().route("/orders", get(list).post(create))
}

async fn create(
    State(state): State<AppState>,
    Json(NewOrder { item, quantity }): Json<NewOrder>,
) -> Result<(StatusCode, Json<Order>), Error> {
    if item.trim().is_empty() {
        return Err(Error::Invalid("an order needs an item"));
    }
    let quantity = quantity.get();
    let insert = sqlx::query("INSERT INTO orders (item, quantity) VALUES (?, ?)")
        .bind(&item)
        .bind(quantity);
    let id = insert.execute(&state.db).await?.last_insert_rowid();
    Ok((StatusCode::CREATED, Json(Order { id, item, quantity })))
}

async fn list(State(state): State<AppState>) -> Result<Json<Vec<Order>>, Error> {
    Ok(Json(latest(&state.db).await?))
}

async fn latest(db: &SqlitePool) -> sqlx::Result<Vec<Order>> {
    let rows: Vec<(i64, String, u32)> =
        sqlx::query_as("SELECT id, item, quantity FROM orders ORDER BY id DESC LIMIT ?")
            .bind(LATEST)
            .fetch_all(db)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(id, item, quantity)| Order { id, item, quantity })
        .collect())
}

/// Why a request fails. The answer to the client contains no internal details.
enum Error {
    Invalid(&'static str),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
            Self::Database(error) => {
                tracing::error!(%error, "a request failed");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the orders are not available, try again",
                )
                    .into_response()
            }
        }
    }
}
