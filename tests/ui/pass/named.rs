//! A struct with named fields and every option.
#![deny(warnings)]

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(
    name = "orders",
    version = "1.4.0",
    timeout = "1s",
    interval = "10s",
    probe_budget = "500ms",
    prefix = "/internal/health",
    manual_start,
    public = "details",
    drain = "0s",
    shutdown_grace = "20s"
)]
struct AppState {
    /// Orders database.
    ///
    /// Not part of the description.
    #[health_check(critical, timeout = "3s", interval = "1m30s", max_age = "1h", name = "orders.db-1")]
    db: Flag,

    #[health_check]
    cache: Flag,

    #[health_check()]
    search: Flag,

    #[health_check(ttl = "0s", description = "asked whenever somebody asks", readiness, startup)]
    queue: Flag,

    #[health_check(liveness)]
    worker: Flag,

    #[health_check(liveness, readiness, critical, restart_helps = "the driver leaks its connections")]
    driver: Flag,

    #[health_check(liveness, in_process, with = Flag::look)]
    loop_: Flag,

    #[allow(dead_code)]
    config: u8,
}

trait Look {
    fn look(&self);
}

impl Look for Flag {
    fn look(&self) {}
}

fn main() {
    let flag = Flag::healthy;
    let state = AppState {
        db: flag(),
        cache: flag(),
        search: flag(),
        queue: flag(),
        worker: flag(),
        driver: flag(),
        loop_: flag(),
        config: 0,
    };
    let _ = || state.start_health();
}
