//! Values written in other ways, and commas at the end of every list.
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(one, two,), name = r#"orders"#,)]
struct AppState {
    #[health_check(breaker(failures = 100,), failure_threshold = 1_00, groups("a", "ready",),)]
    most: Flag,
    #[health_check(success_threshold = 0x2, breaker, max_age = "24h", timeout = "1h59m59s999ms", ttl = "0s")]
    hexadecimal: Flag,
    #[health_check(name = "0", description = "\u{1f600} \"quoted\"", runbook = "HTTP://[::1]:8080/?q=%20#a")]
    escaped: Flag,
    #[health_check()]
    nothing: Flag,
}

/// Whatever is just allowed together.
#[derive(Clone, HealthState)]
#[health(ttl = "30s")]
struct Together {
    #[health_check(max_age = "7s750ms", interval = "5s")]
    at_the_limit: Flag,
    #[health_check(max_age = "253ms", interval = "1ms")]
    shortest_interval: Flag,
    #[health_check(max_age = "32s250ms")]
    ttl_of_the_struct: Flag,
    #[health_check(max_age = "24h", interval = "21h48m", timeout = "1m11s750ms")]
    longest: Flag,
    #[health_check(interval = "1s", max_age = "3s", timeout = "999ms", degraded_after = "998ms")]
    no_ttl_of_the_struct: Flag,
    #[health_check(startup, liveness, restart_helps = "it leaks", interval = "3s")]
    not_startup_alone: Flag,
    #[health_check(interval = "29s", breaker)]
    breaker: Flag,
    #[health_check(failure_threshold = 5, breaker)]
    threshold: Flag,
}

#[health_check()]
fn one() {}

#[health_check(critical,)]
fn two() {}

fn main() {
    let flag = Flag::healthy;
    let _ = |state: Together| state.start_health();
    let (most, hexadecimal, escaped, nothing) = (flag(), flag(), flag(), flag());
    let _ = || AppState { most, hexadecimal, escaped, nothing }.start_health();
}
