//! Only readiness can fail open.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness, restart_helps = "it leaks", fail_open)]
    a: Flag,
    #[health_check(startup, fail_open)]
    b: Flag,
    #[health_check(startup, fail_open, critical)]
    c: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
