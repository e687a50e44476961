//! A check is a plain function.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
const fn a(_: &AppState) -> bool {
    true
}

#[health_check]
unsafe fn b(_: &AppState) -> bool {
    true
}

#[health_check]
extern "C" fn c(_: &AppState) -> bool {
    true
}

#[health_check]
pub const unsafe extern "C" fn d(_: &AppState) -> bool {
    true
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
