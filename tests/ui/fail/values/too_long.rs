//! A duration is at most a day.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "25h")]
    a: Flag,
    #[health_check(timeout = "365 days")]
    b: Flag,
    #[health_check(timeout = "86401s")]
    c: Flag,
    #[health_check(timeout = "99999999999999999999h")]
    d: Flag,
}

fn main() {}
