//! The error for a pool names the features that exist, and the way out for a version that has none.

use health_runtime::HealthState;

/// Like sqlx 0.7, for which there is no feature.
mod sqlx {
    #[derive(Clone)]
    pub struct Pool<DB>(DB);

    #[derive(Clone)]
    pub struct Postgres;

    pub type PgPool = Pool<Postgres>;
}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical)]
    db: sqlx::PgPool,
}

fn main() {}
