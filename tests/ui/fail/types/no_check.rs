//! A type without a check gets the three ways on.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Pool;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical)]
    db: Pool,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
