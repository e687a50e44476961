//! A wrong path in `crate` is only one error.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(crate = hr)]
struct AppState {
    #[health_check]
    a: Flag,
    #[health_check]
    b: Flag,
}

fn main() {}
