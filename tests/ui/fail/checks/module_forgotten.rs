//! A path in `checks` lacks its module. The advice is about the path alone.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(checks(depth))]
struct AppState {
    #[health_check]
    flag: Flag,
}

mod queue {
    #[health_runtime::health_check]
    pub(crate) fn depth() {}
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
