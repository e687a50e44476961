//! `in_process` is for functions only. A type implements `InProcess` instead.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness, in_process)]
    a: Flag,
    #[health_check(liveness, in_process, restart_helps = "it leaks")]
    b: Flag,
    #[health_check(in_process)]
    c: Flag,
    #[health_check(restart_helps = "it leaks")]
    d: Flag,
    #[health_check(in_process, with = look)]
    e: Flag,
}

fn look(_: &Flag) {}

fn main() {}
