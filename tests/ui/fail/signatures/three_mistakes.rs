//! Three mistakes are three errors.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check(critcal, timeout = "3", fail_open)]
const fn a(_state: &mut AppState) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
