//! A duration has no spaces.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "3 s")]
    a: Flag,
    #[health_check(timeout = " 3s")]
    b: Flag,
    #[health_check(timeout = "1m 30s")]
    c: Flag,
}

fn main() {}
