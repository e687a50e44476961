//! A half-written option is one error, and the other options are still read.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(crit)]
    a: Flag,
    #[health_check(critical, t)]
    b: Flag,
    #[health_check(with = payments::)]
    c: Flag,
    #[health_check(timeout = "3, critical")]
    d: Flag,
    #[health_check(with = <Client as, critical)]
    e: Flag,
}

fn main() {}
