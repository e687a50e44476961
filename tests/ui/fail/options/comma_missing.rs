//! A missing comma is an error, and the options after it are still read.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical timeout = "3s")]
    a: Flag,
    #[health_check(timeout = "3s" critical)]
    b: Flag,
    #[health_check(with = ping critical tiemout = "3s")]
    c: Flag,
    #[health_check(name = "x" "y")]
    d: Flag,
}

fn main() {}
