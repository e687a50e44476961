//! The function takes a reference to another type than that of the field.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

async fn ping(_: &String) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
