//! A duration is longer than zero.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(probe_budget = "0s", shutdown_grace = "0s")]
struct AppState {
    #[health_check(timeout = "0s")]
    a: Flag,
    #[health_check(timeout = "0ms")]
    b: Flag,
    #[health_check(timeout = "-1s")]
    c: Flag,
    #[health_check(interval = "0s")]
    d: Flag,
    #[health_check(max_age = "0h")]
    e: Flag,
    #[health_check(ttl = "-1s")]
    f: Flag,
}

fn main() {}
