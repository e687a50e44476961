//! A function in `checks` needs `#[health_check]`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(checks(queue::depth))]
struct AppState {
    #[health_check]
    flag: Flag,
}

mod queue {
    pub(crate) async fn depth(_: &super::AppState) -> bool {
        true
    }
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
