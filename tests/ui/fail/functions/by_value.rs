//! A function takes the field by reference.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

async fn ping(_: Db) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
