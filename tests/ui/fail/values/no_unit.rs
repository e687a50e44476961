//! A duration needs a unit.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(interval = 60)]
struct AppState {
    #[health_check(timeout = "3")]
    a: Flag,
    #[health_check(timeout = 3)]
    b: Flag,
    #[health_check(timeout = 500)]
    c: Flag,
    #[health_check(timeout = "1m30")]
    d: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
