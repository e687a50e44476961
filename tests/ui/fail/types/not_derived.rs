//! A health state needs the derive.

use health_runtime::{HealthState};

struct AppState;

fn main() {
    let _ = <AppState as HealthState>::register;
}
