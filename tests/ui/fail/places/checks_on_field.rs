//! `checks` belongs on the struct.

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(checks(disk_space))]
    flag: Flag,
}

#[health_check]
fn disk_space() {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
