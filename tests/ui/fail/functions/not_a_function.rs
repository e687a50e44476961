//! `with` takes only functions.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = PING)]
    db: Db,
}

const PING: u8 = 0;

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
