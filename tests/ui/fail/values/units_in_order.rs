//! In a duration, each unit occurs once, and the longest comes first.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "30s1m")]
    a: Flag,
    #[health_check(timeout = "1s1s")]
    b: Flag,
    #[health_check(timeout = "1ms1h")]
    c: Flag,
}

fn main() {}
