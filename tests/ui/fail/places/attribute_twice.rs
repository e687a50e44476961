//! One attribute for each field, one for the struct.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(name = "a")]
#[health(version = "1")]
struct AppState {
    #[health_check(critical)]
    #[health_check(timeout = "3s")]
    a: Flag,
}

fn main() {}
