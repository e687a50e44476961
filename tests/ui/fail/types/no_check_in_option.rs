//! A type without a check, in an `Option` and in an `Arc`.

use health_runtime::{HealthState};

use std::sync::Arc;

#[derive(Clone)]
struct Pool;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check]
    db: Option<Arc<Pool>>,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
