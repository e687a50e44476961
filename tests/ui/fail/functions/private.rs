//! The function must be visible from the struct.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = checks::ping)]
    db: Db,
}

mod checks {
    async fn ping(_: &super::Db) {}
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
