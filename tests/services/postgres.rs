//! The checks of PostgreSQL, with a real server. Each version of sqlx has the same tests.

#[path = "postgres/sqlx.rs"]
mod sqlx;
