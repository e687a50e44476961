//! A name starts with a letter or a digit.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(name = "_db")]
    a: Flag,
    #[health_check(name = "-db")]
    b: Flag,
    #[health_check(name = ".")]
    c: Flag,
}

fn main() {}
