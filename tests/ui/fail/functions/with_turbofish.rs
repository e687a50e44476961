//! The error points at the name of the function, even if type arguments follow.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping::<u8>)]
    db: Db,
}

async fn ping<T>(_: &T) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
