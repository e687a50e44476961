//! An option is given at most once.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(name = "a", name = "b")]
struct AppState {
    #[health_check(critical, critical)]
    a: Flag,
    #[health_check(timeout = "1s", timeout = "2s")]
    b: Flag,
    #[health_check(with = f, name = "x", with = g)]
    c: Flag,
}

fn main() {}
