//! A name is not empty and has at most 64 characters.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(name = "")]
    a: Flag,
    #[health_check(name = "a1234567890123456789012345678901234567890123456789012345678901234")]
    b: Flag,
}

fn main() {}
