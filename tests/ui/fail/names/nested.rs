//! A dot separates a nested field from its checks.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct Billing {
    #[health_check]
    db: Flag,
}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(nested, name = "billing.eu")]
    a: Billing,
    #[health_check(nested, name = "Billing")]
    b: Billing,
    #[health_check(nested)]
    db: Billing,
    #[health_check(name = "db")]
    e: Flag,
}

#[derive(Clone, HealthState)]
struct Tuple(#[health_check(nested)] Billing);

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
