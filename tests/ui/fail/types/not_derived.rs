//! A state is derived.

use health_runtime::{HealthState};

struct AppState;

fn main() {
    let _ = <AppState as HealthState>::register;
}
