//! A duration is written in quotes.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = 3s)]
    a: Flag,
    #[health_check(timeout = 500ms)]
    b: Flag,
    #[health_check(timeout = 1.5s)]
    c: Flag,
    #[health_check(timeout = -3)]
    d: Flag,
    #[health_check(timeout = '3')]
    e: Flag,
    #[health_check(timeout = b"3s")]
    f: Flag,
    #[health_check(timeout = true)]
    g: Flag,
}

fn main() {}
