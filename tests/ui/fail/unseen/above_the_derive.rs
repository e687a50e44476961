//! `#[health_check]` does not belong above the derive: it belongs on a field.

use health_runtime::{Flag, HealthState, health_check};

#[health_check(critical)]
#[derive(Clone, HealthState)]
struct AppState {
    #[health_check]
    db: Flag,
}

#[health_runtime::health_check]
#[derive(Clone, HealthState)]
struct ByPath;

fn main() {
    let _ = AppState::start_health;
}
