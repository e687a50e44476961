//! A result is replaced before it is stale.

use health_runtime::{Flag, HealthState};

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
