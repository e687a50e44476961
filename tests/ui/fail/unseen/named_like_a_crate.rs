//! A crate of the function's name, which only rustc sees: it is used elsewhere in the module.

use health_runtime::{HealthState, health_check};
use tokio::sync::Mutex;

#[derive(HealthState)]
#[health(checks(tokio))]
struct AppState {
    held: Mutex<()>,
}

#[health_check]
fn tokio(state: &AppState) -> bool {
    state.held.try_lock().is_ok()
}

fn main() {}
