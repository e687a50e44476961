//! A field of a tuple struct needs the option `name`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState(#[health_check] Flag, #[health_check(critical)] Flag, u8);

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
