//! An entry in `checks` is not a type.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(checks(Queue))]
struct AppState {
    #[health_check]
    flag: Flag,
}

struct Queue;

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
