//! A function says that it looks at this process, or why a restart helps.

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
