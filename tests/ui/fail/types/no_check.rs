//! The error for a type without a check shows three ways to fix it.

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
