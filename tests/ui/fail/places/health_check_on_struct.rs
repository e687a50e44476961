//! `#[health_check]` is for fields.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health_check(name = "orders")]
struct AppState {
    #[health_check()]
    a: Flag,
}

fn main() {}
