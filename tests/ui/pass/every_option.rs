//! Every option at once, wherever it may stand.
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(
    name = "orders",
    version = "1.4.0",
    timeout = "1s",
    interval = "10s",
    probe_budget = "500ms",
    checks(function, on_demand,),
    prefix = "/health",
    manual_start,
    public_details,
    heartbeat = "10s",
    drain = "0s",
    shutdown_grace = "30s",
    crate = ::health_runtime,
)]
struct AppState {
    #[health_check(
        critical,
        fail_open,
        timeout = "3s",
        interval = "10s",
        max_age = "45s",
        degraded_after = "100ms",
        failure_threshold = 3,
        success_threshold = 2,
        breaker(failures = 5, successes = 2, reset = "30s"),
        readiness,
        startup,
        liveness,
        restart_helps = "it leaks",
        name = "a-b.c_d0",
        description = "orders database",
        runbook = "https://wiki.example/db?a=b#c",
        groups("db", "core"),
    )]
    all: Flag,
    #[health_check(ttl = "0s", with = look, blocking, liveness, in_process, breaker, failure_threshold = 0x5)]
    with: Flag,
    #[health_check(breaker(failures = 100), failure_threshold = 100, groups("a",), ttl = "1s")]
    limits: Flag,
}

fn look(flag: &Flag) -> bool {
    flag.outcome().status().passes()
}

#[health_check(
    critical,
    fail_open,
    timeout = "3s",
    interval = "10s",
    max_age = "45s",
    degraded_after = "100ms",
    failure_threshold = 3,
    success_threshold = 2,
    breaker(failures = 5, successes = 2, reset = "30s"),
    readiness,
    startup,
    liveness,
    in_process,
    name = "function",
    description = "a function",
    runbook = "http://localhost:8080",
    groups("core"),
    blocking,
    crate = ::health_runtime
)]
fn function(state: &AppState) -> bool {
    state.with.outcome().status().passes()
}

#[health_check(ttl = "1s", liveness, restart_helps = "why")]
async fn on_demand() {}

fn main() {
    let flag = Flag::healthy();
    let _ = || AppState { all: flag.clone(), with: flag.clone(), limits: flag.clone() }.start_health();
}
