//! An option that is refused is neither given nor left out: no rule reads it.

use health_runtime::{Flag, HealthState};

fn look(_: &Flag) {}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(nested = false, timeout = "1s")]
    a: Flag,
    #[health_check(critical = 1, fail_open)]
    b: Flag,
    #[health_check(liveness = true, in_process, with = look)]
    c: Flag,
    #[health_check(startup = true, critical)]
    d: Flag,
    #[health_check(with = "3", blocking)]
    e: Flag,
    #[health_check(liveness, restart_helps = "", with = look)]
    f: Flag,
    #[health_check(liveness, in_process = 1, restart_helps = "it leaks", with = look)]
    g: Flag,
    #[health_check(startup, readiness = 0, interval = "3s")]
    h: Flag,
}

#[derive(Clone, HealthState)]
struct Names {
    #[health_check(name = "DB")]
    a: Flag,
    #[health_check(name = "DB")]
    b: Flag,
    #[health_check]
    größe: Flag,
    #[health_check]
    länge: Flag,
}

#[derive(Clone, HealthState)]
struct Generic<T> {
    #[health_check(wiht = look)]
    t: T,
}

fn main() {
    // No follow-up error: the stub asks nothing of `T`.
    let _ = || Generic { t: std::rc::Rc::<u8>::strong_count }.start_health();
}
