//! The states of the service. Each state has an engine of its own. The checks run once, so that the figures of all
//! front ends are the same.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use health_runtime::{CheckResult, Flag, Health, HealthCheck, HealthState, Outcome, Probe, Report};

use crate::servers::{RUNTIME, Servers};

#[derive(HealthState)]
#[health(name = "shop", version = "1.2.3", interval = "1h", drain = "1h", public = "details")]
pub(crate) struct Shop {
    #[health_check(critical, timeout = "30m", groups("core"))]
    db: Once,
    #[health_check(timeout = "30m", groups("core", "fast"))]
    cache: Once,
    #[health_check(liveness)]
    worker: Flag,
    #[health_check(startup)]
    migrated: Flag,
    #[health_check(nested)]
    billing: Billing,
    #[health_check]
    queue: Queue,
}

#[derive(HealthState)]
struct Billing {
    #[health_check(critical)]
    ledger: Flag,
    #[health_check]
    mail: Flag,
}

/// Has one result. A failed check runs again soon, and a second result could have another latency, so the second run
/// hangs.
#[derive(Default)]
struct Once {
    error: Option<&'static str>,
    has_run: AtomicBool,
}

impl Once {
    fn failed(error: &'static str) -> Self {
        let error = Some(error);
        Self {
            error,
            ..Self::default()
        }
    }
}

impl HealthCheck for Once {
    async fn check(&self) -> CheckResult {
        if self.has_run.swap(true, Ordering::SeqCst) {
            pending::<()>().await;
        }
        match self.error {
            Some(error) => Err(error.into()),
            None => Ok(Outcome::healthy()),
        }
    }
}

/// How many checks `Shop` has.
const CHECKS: usize = 7;

/// Its result has details.
struct Queue;

impl HealthCheck for Queue {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy().detail("jobs", 7).detail("broker", "\"ä\" <a&b>"))
    }
}

impl Shop {
    fn healthy() -> Self {
        Self {
            db: Once::default(),
            cache: Once::default(),
            worker: Flag::healthy(),
            migrated: Flag::healthy(),
            billing: Billing {
                ledger: Flag::healthy(),
                mail: Flag::healthy(),
            },
            queue: Queue,
        }
    }

    fn serve(self) -> Servers {
        let servers = Servers::start(start(self));
        servers.until_settled("/health", CHECKS);
        servers
    }
}

fn start(state: impl HealthState) -> Health {
    let _runtime = RUNTIME.enter();
    Health::builder(state).start()
}

pub(crate) type State = (&'static str, fn() -> Servers);

/// In the order of the codes in the table.
pub(crate) const STATES: &[State] = &[
    ("starting", starting),
    ("healthy", healthy),
    ("degraded", degraded),
    ("unhealthy", unhealthy),
    ("held", held),
    ("draining", draining),
];

fn starting() -> Servers {
    let health = start(Shop::healthy());
    let never_done = health.startup_task("warm caches");
    let mut servers = Servers::start(health);
    servers.keep(never_done);
    servers.until_settled("/health", CHECKS);
    servers
}

fn healthy() -> Servers {
    Shop::healthy().serve()
}

fn degraded() -> Servers {
    let cache = Once::failed("\"cold\" at redis://:secret@cache:6379");
    let shop = Shop {
        cache,
        ..Shop::healthy()
    };
    shop.serve()
}

fn unhealthy() -> Servers {
    let db = Once::failed("no route to db");
    let shop = Shop { db, ..Shop::healthy() };
    shop.serve()
}

fn held() -> Servers {
    let mut servers = healthy();
    let hold = servers.health.hold("maintenance");
    servers.keep(hold);
    servers
}

fn draining() -> Servers {
    let servers = healthy();
    servers.health.drain();
    servers
}

#[derive(HealthState)]
#[health(
    name = "moved",
    prefix = "/ops/health",
    alias("/ops"),
    plain("/ping"),
    interval = "1h"
)]
struct Moved {
    #[health_check(critical)]
    db: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

/// A service whose probes have a prefix, and more paths.
pub(crate) fn moved() -> Servers {
    let (db, worker) = (Flag::healthy(), Flag::healthy());
    let _runtime = RUNTIME.enter();
    let old_body = |report: &Report| format!("{{\"ok\":{}}}", report.status.passes());
    let builder =
        Health::builder(Moved { db, worker }).body("/old", Probe::Readiness, "application/json; v=1", old_body);
    let servers = Servers::start(builder.start());
    servers.until_settled("/ops/health", 2);
    servers
}

#[derive(HealthState)]
#[health(name = "hanging", interval = "1h", probe_budget = "200ms")]
struct Hanging {
    #[health_check(critical, timeout = "30m")]
    db: Never,
}

struct Never;

impl HealthCheck for Never {
    async fn check(&self) -> CheckResult {
        pending().await
    }
}

/// A service with a check that has no result yet. Its first probes wait for the budget.
pub(crate) fn hanging() -> Servers {
    let servers = Servers::start(start(Hanging { db: Never }));
    servers.until_settled("/health", 0);
    servers
}
