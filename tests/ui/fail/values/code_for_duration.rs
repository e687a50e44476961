//! A duration is a string, not an expression.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = Duration::from_secs(3))]
    a: Flag,
    #[health_check(timeout = std::time::Duration::from_millis(1_500))]
    b: Flag,
    #[health_check(timeout = TIMEOUT)]
    c: Flag,
    #[health_check(timeout = 1 + 2)]
    d: Flag,
    #[health_check(timeout = concat!("3", "s"))]
    e: Flag,
}

fn main() {}
