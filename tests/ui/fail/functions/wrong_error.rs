//! The error of a check must convert into `BoxError`.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

struct NoError;

async fn ping(_: &Db) -> Result<(), NoError> {
    Err(NoError)
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
