//! Three mistakes are three errors in one compile.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critcal)]
    a: Flag,
    #[health_check(timeout = "3")]
    b: Flag,
    #[health_check(interval = "1s", ttl = "1s")]
    c: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
