//! The error for a misspelt option suggests the nearest option.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(probe_budjet = "1s")]
struct AppState {
    #[health_check(critcal)]
    a: Flag,
    #[health_check(Timeout = "3s")]
    b: Flag,
    #[health_check(required)]
    c: Flag,
    #[health_check(liveliness)]
    d: Flag,
    #[health_check(max-age = "1m")]
    e: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
