//! A refused option causes no other error: the rules ignore it, and do not report it as missing.

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
    #[health_check(fail_open, liveness = true)]
    i: Flag,
    #[health_check(startup = true, breaker(reset = "1ms"))]
    j: Flag,
    #[health_check(timeout = "1s", timeout = 3)]
    k: Flag,
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

/// What is misspelt is not left out either.
#[derive(Clone, HealthState)]
struct Misspelt {
    #[health_check(critcal, fail_open)]
    a: Flag,
    #[health_check(livness, in_process, with = look)]
    b: Flag,
    #[health_check(wiht = look, blocking)]
    c: Flag,
    #[health_check(failure_threshold = 10, breaker(failurs = 12))]
    d: Flag,
    #[health_check(interval = "1m", breaker(rest = "2m"))]
    e: Flag,
    #[health_check(nestd, timeout = "1s", max_age = "2s")]
    f: Flag,
}

#[derive(Clone, HealthState)]
#[health(intervall = "1s")]
struct Times {
    #[health_check(max_age = "5s", breaker(reset = "2s"))]
    a: Flag,
}

#[derive(Clone, HealthState)]
#[health(interval = "1s", ttl = "1m")]
struct Contradicts {
    #[health_check(max_age = "10s")]
    a: Flag,
    #[health_check(timeout = "10s", interval = "10s", degraded_after = "10s")]
    b: Flag,
}

fn main() {
    // No follow-up error: the stub asks nothing of `T`.
    let _ = || Generic { t: std::rc::Rc::<u8>::strong_count }.start_health();
}
