//! An entry in `checks` is not a module.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(checks(queue))]
struct AppState {
    #[health_check]
    flag: Flag,
}

mod queue {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
