//! A check in liveness has one reason, and not two.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness, with = f, in_process, restart_helps = "it leaks")]
    a: Flag,
}

fn f(_: &Flag) {}

fn main() {}
