//! An option that takes a value needs one.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(prefix, drain =)]
struct AppState {
    #[health_check(timeout)]
    a: Flag,
    #[health_check(timeout =)]
    b: Flag,
    #[health_check(critical, name)]
    c: Flag,
    #[health_check(with =)]
    d: Flag,
    #[health_check(with, critical)]
    e: Flag,
}

fn main() {}
