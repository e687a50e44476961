//! A function in `checks` takes this state and not another one.

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(depth))]
struct AppState {
    #[health_check]
    flag: Flag,
}

struct Queue;

#[health_check]
async fn depth(_: &Queue) -> bool {
    true
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
