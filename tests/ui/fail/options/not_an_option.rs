//! An option starts with its name.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check("critical")]
    a: Flag,
    #[health_check("db")]
    b: Flag,
    #[health_check(3s)]
    c: Flag,
    #[health_check(!critical)]
    d: Flag,
    #[health_check((critical))]
    e: Flag,
    #[health_check("orders")]
    y: Flag,
    #[health_check("critical")]
    z: Flag,
}

fn main() {}
