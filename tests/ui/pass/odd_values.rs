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

#[health_check()]
fn one() {}

#[health_check(critical,)]
fn two() {}

fn main() {
    let flag = Flag::healthy;
    let (most, hexadecimal, escaped, nothing) = (flag(), flag(), flag(), flag());
    let _ = || AppState { most, hexadecimal, escaped, nothing }.start_health();
}
