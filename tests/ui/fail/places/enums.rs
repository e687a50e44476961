//! A health state is a struct, not an enum.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
enum AppState {
    Db(#[health_check] Flag),
    None,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
