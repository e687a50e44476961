//! A flag takes no value.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(manual_start = true)]
struct AppState {
    #[health_check(critical = true)]
    a: Flag,
    #[health_check(readiness())]
    b: Flag,
    #[health_check(startup = "yes", liveness = false)]
    c: Flag,
}

fn main() {}
