//! The type of a `nested` field must declare its health checks.

use health_runtime::{Flag, HealthState};

#[derive(Clone)]
struct Billing;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(nested)]
    billing: Billing,
    #[health_check(nested)]
    flag: Flag,
    #[health_check(nested)]
    maybe: Option<AppState2>,
}

#[derive(Clone, HealthState)]
struct AppState2;

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
