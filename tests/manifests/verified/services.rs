//! The services that the manifests are for.

use health_runtime::{Declaration, Flag, Health, HealthState};

/// Everything is the default. `drain` is 7 s, `shutdown_grace` is 15 s.
#[derive(HealthState)]
struct Orders {
    #[health_check(critical, groups("core"))]
    db: Flag,
    #[health_check(groups("core"))]
    cache: Flag,
    #[health_check]
    payments: Flag,
}

/// The start waits for a check that may take more than 40 s, and a restart helps the worker.
#[derive(HealthState)]
struct Migrating {
    #[health_check(startup, timeout = "20s")]
    migrations: Flag,
    #[health_check(critical)]
    db: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

/// The start waits for `mark_started`.
#[derive(HealthState)]
#[health(manual_start)]
struct Manual {
    #[health_check(critical)]
    db: Flag,
}

/// Takes no requests, so it does not drain.
#[derive(HealthState)]
#[health(drain = "0s")]
struct Batch {
    #[health_check(critical)]
    queue: Flag,
}

/// A probe may take two seconds, and the end more than a minute.
#[derive(HealthState)]
#[health(probe_budget = "2s", drain = "20s", shutdown_grace = "1m", stalled_after = "30s")]
struct Slow {
    #[health_check(critical)]
    db: Flag,
}

/// Drains for a moment.
#[derive(HealthState)]
#[health(drain = "1s")]
struct Hasty {
    #[health_check(critical)]
    db: Flag,
}

/// The probes have other paths.
#[derive(HealthState)]
#[health(prefix = "/internal")]
struct Prefixed {
    #[health_check(critical)]
    db: Flag,
}

/// The declaration of the service with this name.
pub(crate) fn named(name: &str) -> Declaration {
    let declared = match name {
        "orders" => Declaration::of::<Orders>(),
        "migrating" => Declaration::of::<Migrating>(),
        "manual" => Declaration::of::<Manual>(),
        "batch" => Declaration::of::<Batch>(),
        "hasty" => Declaration::of::<Hasty>(),
        "slow" => Declaration::of::<Slow>(),
        "prefixed" => Declaration::of::<Prefixed>(),
        "guarded" => {
            let health = Health::builder(())
                .name("guarded")
                .internal_token("0123456789abcdef0123456789abcdef");
            return health.manual().declaration();
        }
        other => panic!("there is no service {other}"),
    };
    declared.expect("the declaration is valid")
}
