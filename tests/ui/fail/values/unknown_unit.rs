//! The units are `ms`, `s`, `m` and `h`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "3 secs")]
    a: Flag,
    #[health_check(timeout = "3sec")]
    b: Flag,
    #[health_check(timeout = "5min")]
    c: Flag,
    #[health_check(timeout = "3S")]
    d: Flag,
    #[health_check(timeout = "500MS")]
    e: Flag,
    #[health_check(timeout = "1d")]
    f: Flag,
    #[health_check(timeout = "2M")]
    g: Flag,
    #[health_check(timeout = "2 weeks")]
    h: Flag,
    #[health_check(timeout = "5000us")]
    i: Flag,
    #[health_check(timeout = "10ns")]
    j: Flag,
}

fn main() {}
