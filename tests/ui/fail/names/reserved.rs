//! The names of the probes are reserved.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(name = "live")]
    a: Flag,
    #[health_check(name = "ready")]
    b: Flag,
    #[health_check]
    startup: Flag,
}

fn main() {}
