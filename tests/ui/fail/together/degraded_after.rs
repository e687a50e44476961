//! `degraded_after` must be shorter than the timeout.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "1s", degraded_after = "1s")]
    a: Flag,
    #[health_check(timeout = "1s", degraded_after = "2s")]
    b: Flag,
    #[health_check(degraded_after = "2s")]
    c: Flag,
    #[health_check(interval = "1s", degraded_after = "1500ms")]
    d: Flag,
}

#[derive(Clone, HealthState)]
#[health(timeout = "500ms")]
struct Other {
    #[health_check(degraded_after = "600ms")]
    a: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
