//! A generic struct is a health state only if its type arguments are checks.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
struct AppState<T> {
    #[health_check]
    db: T,
}

fn main() {
    let _ = AppState { db: 0_u8 }.start_health();
}
