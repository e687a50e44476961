//! Options for liveness have no effect without `liveness`.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(in_process, with = f)]
    a: Flag,
    #[health_check(restart_helps = "it leaks")]
    b: Flag,
    #[health_check(readiness, startup, in_process, with = f)]
    c: Flag,
}

fn main() {}
