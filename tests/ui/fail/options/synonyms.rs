//! The error for a synonym of an option names the option.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(url = "https://wiki.example")]
    a: Flag,
    #[health_check(tags("db"))]
    b: Flag,
    #[health_check(circuit_breaker)]
    c: Flag,
    #[health_check(slow = "1s")]
    d: Flag,
    #[health_check(flatten)]
    e: Flag,
    #[health_check(retries = 3)]
    f: Flag,
    #[health_check(deadline = "1s")]
    g: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
