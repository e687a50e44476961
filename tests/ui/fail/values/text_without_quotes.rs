//! A text is written in quotes.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(version = 1.2, prefix = /health)]
struct AppState {
    #[health_check(timeout = TIMEOUT)]
    t: Flag,
    #[health_check(failure_threshold = N)]
    n: Flag,
    #[health_check(name = db)]
    a: Flag,
    #[health_check(name = 3)]
    b: Flag,
    #[health_check(description = Orders database)]
    c: Flag,
    #[health_check(restart_helps = true, liveness)]
    d: Flag,
    #[health_check(name = concat!("a", "b"))]
    e: Flag,
    #[health_check(name = SERVICE)]
    g: Flag,
    #[health_check(name = names::DB)]
    h: Flag,
    #[health_check(name = env!("NAME"))]
    i: Flag,
    #[health_check(groups(CORE))]
    j: Flag,
    #[health_check(name = -)]
    f: Flag,
    #[health_check(name = disk-space)]
    y: Flag,
    #[health_check(name = "disk"x)]
    z: Flag,
}

#[derive(Clone, HealthState)]
#[health(name = concat!("a", "b"), version = env!("CARGO_PKG_VERSION"))]
struct Named;

fn main() {}
