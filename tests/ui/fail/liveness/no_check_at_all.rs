//! The same for a type that has no check.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness)]
    db: Db,
}

fn main() {}
