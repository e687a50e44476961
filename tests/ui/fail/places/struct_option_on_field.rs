//! The options of the service belong on the struct.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(prefix = "/health")]
    a: Flag,
    #[health_check(drain = "10s")]
    b: Flag,
    #[health_check(crate = hr)]
    c: Flag,
}

fn main() {}
