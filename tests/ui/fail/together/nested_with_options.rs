//! A `nested` field has no option except `name`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct Billing {
    #[health_check]
    db: Flag,
}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(nested, critical)]
    a: Billing,
    #[health_check(nested, with = ping)]
    b: Billing,
    #[health_check(timeout = "1s", nested, groups("db"), description = "bills")]
    c: Billing,
    #[health_check(nested, liveness, in_process)]
    d: Billing,
    #[health_check(
        nested,
        interval = "1s",
        max_age = "1s",
        degraded_after = "1s",
        failure_threshold = 1,
        success_threshold = 1,
        breaker,
        fail_open,
        readiness,
        startup,
        restart_helps = "why",
        runbook = "https://wiki.example",
        blocking
    )]
    e: Billing,
    #[health_check(nested, ttl = "1s")]
    f: Billing,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
