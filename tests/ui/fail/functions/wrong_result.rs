//! A plain function must return a type that a check can return.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

fn ping(_: &Db) -> u8 {
    0
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
