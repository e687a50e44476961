//! An option with an error of its own is not compared with the others.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "x", max_age = "1s", degraded_after = "9s")]
    a: Flag,
    #[health_check(interval = "1s", ttl = "1s", max_age = "1ms")]
    b: Flag,
    #[health_check(breaker(failures = 0), failure_threshold = 9)]
    c: Flag,
    #[health_check(breaker(reset = "x"), interval = "1h")]
    d: Flag,
    #[health_check(liveness, in_process, restart_helps = "it leaks")]
    e: Flag,
}

#[derive(Clone, HealthState)]
struct Nests {
    #[health_check(nested, fail_open)]
    a: AppState,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
