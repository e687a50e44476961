//! The state must meet the bounds of a function with a type parameter.

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(ping))]
struct AppState {
    #[health_check]
    flag: Flag,
}

trait HasDb {}

#[health_check]
async fn ping<S: HasDb>(_: &S) -> bool {
    true
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
