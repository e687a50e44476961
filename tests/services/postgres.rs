//! The checks of PostgreSQL, with a real server. Each version of sqlx has the same tests, and so has each other pool.

#[path = "postgres/bb8.rs"]
mod bb8;
#[path = "postgres/deadpool.rs"]
mod deadpool;
#[path = "postgres/diesel.rs"]
mod diesel;
#[path = "postgres/pgbouncer.rs"]
mod pgbouncer;
#[path = "postgres/pools.rs"]
mod pools;
#[path = "postgres/sea_orm.rs"]
mod sea_orm;
#[path = "postgres/sqlx.rs"]
mod sqlx;
