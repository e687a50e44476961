//! A parameter of a check cannot have `#[cfg]`.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
fn a(#[cfg(all())] _state: &AppState) {}

#[health_check]
fn b(#[cfg(unix)] _state: &AppState, #[cfg(windows)] _state: &AppState) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
