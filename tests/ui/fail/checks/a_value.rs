//! An entry in `checks` is not a constant.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(checks(LIMIT))]
struct AppState {
    #[health_check]
    flag: Flag,
}

const LIMIT: u8 = 0;

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
