//! A duration is made of whole numbers.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "1.5s")]
    a: Flag,
    #[health_check(timeout = "0.5s")]
    b: Flag,
    #[health_check(timeout = "1_000ms")]
    c: Flag,
    #[health_check(timeout = "0.0001s")]
    d: Flag,
    #[health_check(timeout = ".5s")]
    e: Flag,
}

fn main() {}
