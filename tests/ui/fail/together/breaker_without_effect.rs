//! An open breaker leaves runs out.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(interval = "1m", breaker)]
    a: Flag,
    #[health_check(interval = "1m", breaker(reset = "1m"))]
    b: Flag,
    #[health_check(interval = "1h", breaker(failures = 3, reset = "1ms"))]
    c: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
