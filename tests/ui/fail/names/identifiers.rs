//! A field needs the option `name` if its own name is not allowed.

use health_runtime::{Flag, HealthState};

#[allow(non_snake_case)]
#[derive(Clone, HealthState)]
struct AppState {
    #[health_check]
    DB: Flag,
    #[health_check(critical)]
    _cache: Flag,
    #[health_check]
    größe: Flag,
    #[health_check]
    r#Type: Flag,
    #[health_check]
    ordersDb: Flag,
}

fn main() {}
