//! Two checks cannot have the same name.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(name = "db")]
    orders: Flag,
    #[health_check]
    db: Flag,
    #[health_check(name = "db")]
    again: Flag,
    #[health_check]
    r#type: Flag,
    #[health_check(name = "type")]
    other: Flag,
}

#[derive(Clone, HealthState)]
struct Tuple(#[health_check(name = "x")] Flag, #[health_check(name = "x")] Flag);

fn main() {}
