//! A field that is not a check has no attribute.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(skip)]
    a: Flag,
    #[health_check(ignore)]
    b: Flag,
    #[health_check(disabled)]
    c: Flag,
    #[health_check(non_critical)]
    d: Flag,
    #[health_check(optional)]
    e: Flag,
    #[health_check(enabled)]
    f: Flag,
    #[health_check(probe = "liveness")]
    y: Flag,
    #[health_check(severity = "high")]
    z: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
