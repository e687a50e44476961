//! The rule for liveness also holds for a type without a check.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness)]
    db: Db,
}

fn main() {}
