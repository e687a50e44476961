//! `critical` has no effect in the startup probe, where every check counts.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(startup, critical)]
    a: Flag,
    #[health_check(startup, liveness, critical)]
    b: Flag,
    #[health_check(liveness, restart_helps = "it leaks", critical, fail_open)]
    c: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
