//! A breaker must not open before `failure_threshold` is reached.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(failure_threshold = 3, breaker(failures = 2))]
    a: Flag,
    #[health_check(failure_threshold = 6, breaker)]
    b: Flag,
    #[health_check(failure_threshold = 6, breaker(reset = "1m"))]
    c: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
