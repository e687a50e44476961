//! A threshold is a small whole number.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(failure_threshold = 0)]
    a: Flag,
    #[health_check(success_threshold = 0)]
    b: Flag,
    #[health_check(failure_threshold = 1000000)]
    c: Flag,
    #[health_check(failure_threshold = 99999999999999999999)]
    d: Flag,
    #[health_check(failure_threshold = "3")]
    e: Flag,
    #[health_check(failure_threshold = 3u32)]
    f: Flag,
    #[health_check(failure_threshold = 3.0)]
    g: Flag,
    #[health_check(failure_threshold = -3)]
    h: Flag,
    #[health_check(failure_threshold = three)]
    i: Flag,
    #[health_check(failure_threshold)]
    j: Flag,
    #[health_check(failure_threshold(3))]
    k: Flag,
}

fn main() {}
