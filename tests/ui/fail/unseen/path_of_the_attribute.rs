//! On a field, the attribute has no path, because it belongs to the derive.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_runtime::health_check(critical)]
    db: Flag,
}

fn main() {
    let _ = AppState::start_health;
}
