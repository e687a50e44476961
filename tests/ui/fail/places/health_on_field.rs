//! `#[health]` is for the struct.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health(critical)]
    a: Flag,
    #[health]
    b: Flag,
}

fn main() {}
