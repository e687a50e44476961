//! An `async` function cannot be `blocking`.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check(blocking)]
async fn a(_state: &AppState) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
