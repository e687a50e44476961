//! An unknown option that resembles no other gets a list of the nearest eight.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(banana)]
struct AppState {
    #[health_check(banana)]
    a: Flag,
    #[health_check(colour = 3)]
    b: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
