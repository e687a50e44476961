//! Options stand in parentheses, not in braces or brackets.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health { name = "orders" }]
struct AppState {
    #[health_check[critical]]
    a: Flag,
    #[health_check { critical }]
    b: Flag,
}

fn main() {}
