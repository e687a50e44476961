//! The reset of a breaker must be long enough to skip a run.

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(interval = "1m", breaker)]
    a: Flag,
    #[health_check(interval = "1m", breaker(reset = "1m"))]
    b: Flag,
    #[health_check(interval = "1h", breaker(failures = 3, reset = "1ms"))]
    c: Flag,
}

#[derive(Clone, HealthState)]
#[health(interval = "1m")]
struct Slow {
    #[health_check(breaker)]
    a: Flag,
    #[health_check(breaker(reset = "1m"))]
    b: Flag,
    #[health_check(interval = "10s", breaker)]
    c: Flag,
}

#[derive(Clone, HealthState)]
struct Plain {
    #[health_check(breaker(reset = "5s"))]
    a: Flag,
    #[health_check(timeout = "20s", breaker)]
    b: Flag,
    #[health_check(ttl = "1s", breaker(reset = "1ms"))]
    c: Flag,
    #[health_check(startup, breaker(reset = "1ms"))]
    d: Flag,
}

#[health_check(breaker(reset = "5s"))]
fn function() {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
