//! The error for a text that is not a duration shows an example.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "")]
    a: Flag,
    #[health_check(timeout = " ")]
    b: Flag,
    #[health_check(timeout = "soon")]
    c: Flag,
    #[health_check(timeout = "s")]
    d: Flag,
    #[health_check(timeout = "3s!")]
    e: Flag,
}

fn main() {}
