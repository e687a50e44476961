//! A function has the name of a crate that the module uses elsewhere. Only rustc can see this.

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
