//! `1e2` is neither a whole number nor a duration.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(failure_threshold = 1e2)]
    a: Flag,
    #[health_check(timeout = 1e2)]
    b: Flag,
    #[health_check(timeout = "1e2")]
    c: Flag,
    #[health_check(timeout = "1e2ms")]
    d: Flag,
}

fn main() {}
