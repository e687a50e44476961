//! A value follows `=`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout("3s"))]
    a: Flag,
    #[health_check(timeout: "3s")]
    b: Flag,
    #[health_check(name "db")]
    c: Flag,
    #[health_check(with(ping))]
    d: Flag,
    #[health_check(timeout("750ms"))]
    x: Flag,
    #[health_check(timeout: "750ms")]
    y: Flag,
    #[health_check(failure_threshold: 7)]
    z: Flag,
}

fn main() {}
