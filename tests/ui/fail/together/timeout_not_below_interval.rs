//! One run ends before the next begins.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(timeout = "3s", interval = "2s")]
struct AppState {
    #[health_check(timeout = "5s", interval = "5s")]
    a: Flag,
    #[health_check(interval = "1s", timeout = "1m")]
    b: Flag,
}

fn main() {}
