//! A type without a check, in a struct with type parameters.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Pool;

#[derive(Clone, HealthState)]
struct AppState<T> {
    #[health_check]
    db: Pool,
    #[health_check]
    other: T,
}

fn main() {}
