//! An `async` function must return a type that a check can return.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

async fn ping(_: &Db) -> Option<u8> {
    None
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
