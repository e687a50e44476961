//! `critical` has no effect in liveness, where every failure counts.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness, critical)]
    a: Flag,
    #[health_check(critical, liveness, restart_helps = "it leaks")]
    b: Flag,
}

fn main() {}
