//! `breaker` has its own options, in parentheses.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(breaker = 5)]
    a: Flag,
    #[health_check(breaker())]
    b: Flag,
    #[health_check(breaker(5))]
    c: Flag,
    #[health_check(breaker(failures = 0))]
    d: Flag,
    #[health_check(breaker(failures = "5"))]
    e: Flag,
    #[health_check(breaker(failure = 5))]
    f: Flag,
    #[health_check(breaker(reset = 30))]
    g: Flag,
    #[health_check(breaker(reset = "0s"))]
    h: Flag,
    #[health_check(breaker(failures = 5, failures = 6))]
    i: Flag,
    #[health_check(breaker(timeout = "3s"))]
    j: Flag,
    #[health_check(breaker{failures = 5})]
    k: Flag,
    #[health_check(breaker(failures))]
    l: Flag,
    #[health_check(breaker(banana))]
    m: Flag,
    #[health_check(reset = "30s")]
    z: Flag,
    #[health_check(breaker(7))]
    y: Flag,
}

fn main() {}
