//! `blocking` is for functions only, and not for the check of a type.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(blocking)]
    a: Flag,
    #[health_check(blocking, critical)]
    b: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
