//! Services in every state, on a clock that the test moves, so that each picture is the same in every run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use health_runtime::testing::TestHealth;
use health_runtime::{CheckResult, CheckSpec, Health, HealthBuilder, Outcome, Parts, check_fn};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// As many runs as the history keeps.
pub const HISTORY: u64 = 120;

const INTERVAL: Duration = Duration::from_secs(5);

/// What a check takes in milliseconds, and finds, in this run.
pub type Course = fn(run: u64) -> (u64, CheckResult);

/// A service on a clock that stands still.
#[derive(Debug)]
pub struct Service {
    /// Its health.
    pub health: TestHealth,
    run: Arc<AtomicU64>,
}

/// A service that answers at an address until it is dropped.
#[derive(Debug)]
pub struct Served {
    /// Where the probes are.
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

/// A check that passes, and takes a few milliseconds, more or less.
///
/// # Errors
///
/// Never.
pub fn steady(run: u64) -> (u64, CheckResult) {
    (
        2 + run * 7919 % 5 + u64::from(run % 31 == 7) * 9,
        Ok(Outcome::healthy()),
    )
}

/// A check with the course of its runs.
pub fn check(builder: HealthBuilder<()>, run: &Arc<AtomicU64>, spec: CheckSpec, course: Course) -> HealthBuilder<()> {
    let run = Arc::clone(run);
    let check = check_fn(move || {
        let (takes, result) = course(run.load(Ordering::Relaxed));
        async move {
            tokio::time::sleep(Duration::from_millis(takes)).await;
            result
        }
    });
    builder.check(spec.interval(INTERVAL).max_age(Duration::from_hours(1)), check)
}

fn orders() -> HealthBuilder<()> {
    Health::builder(()).name("orders").version("1.4.2")
}

impl Service {
    /// Builds the service. `add` adds its checks.
    pub fn new(add: impl FnOnce(HealthBuilder<()>, &Arc<AtomicU64>) -> HealthBuilder<()>) -> Self {
        let run = Arc::new(AtomicU64::new(0));
        let health = add(orders(), &run).manual();
        Self { health, run }
    }

    /// Runs all checks as often as the history keeps results: for ten minutes.
    #[must_use]
    pub fn lived(self) -> Self {
        self.lived_for(HISTORY)
    }

    /// Runs all checks this many times.
    ///
    /// # Panics
    ///
    /// If there is no runtime for them.
    #[must_use]
    pub fn lived_for(self, runs: u64) -> Self {
        let _router = self.health.internal_router::<()>(); // from now on, the history is kept
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        for _ in 0..runs {
            runtime.block_on(self.health.refresh());
            self.health.advance(INTERVAL);
            self.run.fetch_add(1, Ordering::Relaxed);
        }
        self
    }

    /// Serves the probes for the person on call.
    #[must_use]
    pub fn internal(&self) -> Served {
        Served::new(self.health.internal_router())
    }

    /// Serves the probes for the person on call at this address.
    #[must_use]
    pub fn internal_at(&self, address: SocketAddr) -> Served {
        Served::new_at(address, self.health.internal_router())
    }

    /// Serves the public probes.
    #[must_use]
    pub fn public(&self) -> Served {
        Served::new(self.health.router())
    }
}

impl Served {
    fn new(router: Router) -> Self {
        Self::new_at("127.0.0.1:0".parse().unwrap(), router)
    }

    fn new_at(address: SocketAddr, router: Router) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            runtime: Some(runtime),
        }
    }

    /// The probes at this address, which something else serves.
    #[must_use]
    pub const fn at(address: SocketAddr) -> Self {
        Self { address, runtime: None }
    }

    /// Ends the server.
    pub fn end(&mut self) {
        drop(self.runtime.take());
    }

    /// The address of the page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/health", self.address)
    }
}

/// A service whose database is gone, and with it two more checks.
pub fn failing(builder: HealthBuilder<()>, run: &Arc<AtomicU64>) -> HealthBuilder<()> {
    const SINCE: u64 = 71;
    let db = CheckSpec::new("orders-db")
        .critical()
        .description("The database of the orders, with the table of the prices.")
        .runbook("https://wiki.example.com/runbooks/orders-db")
        .groups(["db", "core"]);
    let builder = check(builder, run, db, |run| match run {
        12 | 40..43 => (212, Ok(Outcome::degraded("212 ms for one row"))),
        SINCE.. => (2000, Err("connection refused (os error 111): 10.4.7.12:5432".into())),
        _ => (
            steady(run).0,
            Ok(Outcome::healthy().detail("size", 20).detail("idle", 17)),
        ),
    });
    let ledger = CheckSpec::new("ledger")
        .critical()
        .depends_on(["orders-db"])
        .groups(["db"]);
    let builder = check(builder, run, ledger, |run| match run {
        SINCE.. => (3, Err("no row for the current day".into())),
        _ => steady(run),
    });
    let reports = CheckSpec::new("reports").depends_on(["orders-db"]);
    let builder = check(builder, run, reports, |run| match run {
        SINCE.. => (1, Ok(Outcome::unhealthy("the last report is 6 min old"))),
        _ => steady(run),
    });
    let tenants = CheckSpec::new("tenants").description("One mailbox for each tenant.");
    let builder = check(builder, run, tenants, |run| {
        let mut parts = Parts::new();
        for tenant in ["acme", "globex", "initech", "umbrella"] {
            let is_down = tenant == "globex" && run > 100;
            let result = if is_down {
                Err("login refused for mailer@globex")
            } else {
                Ok(())
            };
            parts.add(tenant, result);
        }
        (14 + run % 9, Ok(parts.into_outcome()))
    });
    let cache = CheckSpec::new("cache")
        .groups(["core"])
        .degraded_after(Duration::from_millis(100));
    let builder = check(builder, run, cache, |run| {
        (
            if run > 110 { 140 + run % 20 } else { 1 + run % 2 },
            Ok(Outcome::healthy()),
        )
    });
    others(builder, run)
}

/// Three checks that pass.
fn others(builder: HealthBuilder<()>, run: &Arc<AtomicU64>) -> HealthBuilder<()> {
    let payments = CheckSpec::new("payments").critical().groups(["core"]);
    let builder = check(builder, run, payments, |run| {
        (38 + run * 31 % 24, Ok(Outcome::healthy()))
    });
    let builder = check(builder, run, CheckSpec::new("billing.invoices"), steady);
    let disk = CheckSpec::new("disk").liveness().readiness().in_process();
    check(builder, run, disk, |_| {
        (0, Ok(Outcome::healthy().detail("free", "41 %")))
    })
}

impl Service {
    /// All is well.
    #[must_use]
    pub fn ready() -> Self {
        Self::new(|builder, run| {
            let db = CheckSpec::new("orders-db").critical().groups(["db", "core"]);
            let builder = check(builder, run, db, |run| match run {
                22..24 => (2000, Err("timed out".into())),
                _ => (
                    steady(run).0,
                    Ok(Outcome::healthy().detail("size", 20).detail("idle", 17)),
                ),
            });
            others(builder, run)
        })
        .lived()
    }

    /// The cache is slow.
    #[must_use]
    pub fn degraded() -> Self {
        Self::new(|builder, run| {
            let cache = CheckSpec::new("cache")
                .groups(["core"])
                .degraded_after(Duration::from_millis(100))
                .description("The cache of the prices.");
            let builder = check(builder, run, cache, |run| {
                let takes = if run > 96 { 118 + run * 13 % 60 } else { 1 + run % 3 };
                (takes, Ok(Outcome::healthy().detail("keys", 48_112)))
            });
            others(builder, run)
        })
        .lived()
    }

    /// It waits for two startup tasks, and for the first results of its checks.
    pub fn starting() -> (Self, [health_runtime::StartupTask; 2]) {
        let service = Self::new(others);
        let tasks = ["load the price list", "warm the cache"].map(|name| service.health.startup_task(name));
        service.health.force("payments", Outcome::healthy());
        service.health.advance(Duration::from_secs(42));
        (service, tasks)
    }
}

/// A hundred checks that fail with texts of 10 KiB.
pub fn broken(mut builder: HealthBuilder<()>, run: &Arc<AtomicU64>) -> HealthBuilder<()> {
    for index in 0..100 {
        let spec = CheckSpec::named(format!("shard-{index:03}"));
        builder = check(builder, run, spec, |run| {
            (
                2 + run % 7,
                Err("the index of this shard is broken; ".repeat(300).into()),
            )
        });
    }
    builder
}

/// The same, and 150 checks that pass.
pub fn many(builder: HealthBuilder<()>, run: &Arc<AtomicU64>) -> HealthBuilder<()> {
    (100..250).fold(broken(builder, run), |builder, index| {
        check(builder, run, CheckSpec::named(format!("shard-{index:03}")), steady)
    })
}
