//! A function in liveness needs `in_process` or `restart_helps`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness, with = f)]
    a: Flag,
    #[health_check(startup, with = f, liveness)]
    b: Flag,
}

fn f(_: &Flag) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
