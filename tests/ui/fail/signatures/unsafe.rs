//! A check cannot be `unsafe`, because the engine cannot know its safety requirements.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
unsafe fn a(_: &AppState) -> bool {
    true
}

#[health_check]
pub const unsafe extern "C" fn b(_: &AppState) -> bool {
    true
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
