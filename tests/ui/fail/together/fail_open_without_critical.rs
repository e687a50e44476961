//! Only a critical check can fail open.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(fail_open)]
    a: Flag,
    #[health_check(fail_open, liveness, readiness, restart_helps = "it leaks")]
    b: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
