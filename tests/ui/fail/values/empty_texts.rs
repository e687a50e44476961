//! A text cannot be empty.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(description = "")]
    a: Flag,
    #[health_check(liveness, restart_helps = " ")]
    b: Flag,
}

fn main() {}
