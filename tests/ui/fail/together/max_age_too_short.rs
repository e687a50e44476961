//! `max_age` must be long enough, so that the next result comes before this one is stale.

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(max_age = "3s")]
    a: Flag,
    #[health_check(max_age = "10s", interval = "10s")]
    b: Flag,
    #[health_check(max_age = "1s", interval = "1s")]
    c: Flag,
    #[health_check(max_age = "10s", timeout = "5s")]
    d: Flag,
    #[health_check(max_age = "10s", timeout = "5s", interval = "6s")]
    e: Flag,
    #[health_check(max_age = "2s", ttl = "1s")]
    f: Flag,
    #[health_check(max_age = "24h", interval = "24h")]
    g: Flag,
}

/// One millisecond less than the least that `tests/ui/pass/odd_values.rs` has.
#[derive(Clone, HealthState)]
#[health(ttl = "30s")]
struct Barely {
    #[health_check(max_age = "7s749ms", interval = "5s")]
    a: Flag,
    #[health_check(max_age = "252ms", interval = "1ms")]
    b: Flag,
    #[health_check(max_age = "32s249ms")]
    c: Flag,
    #[health_check(max_age = "24h", interval = "21h48m", timeout = "1m11s751ms")]
    d: Flag,
}

/// A function has no struct in sight.
#[health_check(max_age = "7s")]
fn jitter_forgotten() {}

#[derive(Clone, HealthState)]
#[health(timeout = "4s", interval = "30s")]
struct Inherited {
    #[health_check(max_age = "10s")]
    a: Flag,
    #[health_check(max_age = "30s", timeout = "29s")]
    b: Flag,
    #[health_check(max_age = "30s", timeout = "30s")]
    c: Flag,
    #[health_check(max_age = "12s", interval = "10s")]
    d: Flag,
}

#[derive(Clone, HealthState)]
#[health(timeout = "10s")]
struct Derived {
    #[health_check(max_age = "10s")]
    a: Flag,
}

#[derive(Clone, HealthState)]
#[health(ttl = "0s")]
struct OnDemand {
    #[health_check(max_age = "1s")]
    a: Flag,
}

fn main() {}
