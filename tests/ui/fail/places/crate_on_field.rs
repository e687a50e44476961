//! `crate` belongs on the struct.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(crate = health_runtime)]
    a: Flag,
    #[health_check(nested, crate = health_runtime)]
    b: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
