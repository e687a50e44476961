//! A health state is a struct, not a union.

use health_runtime::{HealthState};

#[derive(Clone, Copy, HealthState)]
union AppState {
    a: u8,
    b: i8,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
