//! `#[health]` without options has no effect.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health]
struct AppState;

#[derive(Clone, HealthState)]
#[health()]
struct Empty;

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
