//! A comma without an option is an error.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(, critical)]
    a: Flag,
    #[health_check(critical,, readiness)]
    b: Flag,
    #[health_check(,)]
    c: Flag,
}

fn main() {}
