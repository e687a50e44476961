//! A check of the startup probe alone has no interval, because it ends once it has passed.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(startup, interval = "1s")]
    a: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
