//! `start_health` clones the state.

use health_runtime::{Flag, HealthState};

#[derive(HealthState)]
struct AppState {
    #[health_check]
    flag: Flag,
}

fn main() {
    let _ = AppState { flag: Flag::healthy() }.start_health();
}
