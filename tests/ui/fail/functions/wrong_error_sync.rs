//! The error of a plain function must convert into `BoxError` too.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

struct NoError;

fn ping(_: &Db) -> Result<(), NoError> {
    Err(NoError)
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
