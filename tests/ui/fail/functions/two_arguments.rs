//! A function takes the field and nothing else.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

fn ping(_: &Db, _: u8) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
