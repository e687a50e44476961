//! Options stand in parentheses, not after `=`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health = "orders"]
struct AppState {
    #[health_check = "3s"]
    a: Flag,
}

fn main() {}
