//! Every form of `depends_on`.
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

#[derive(HealthState)]
#[health(checks(disk_space), public = "status")]
struct AppState {
    #[health_check(critical)]
    db: Flag,
    #[health_check(name = "redis", depends_on(db))]
    cache: Flag,
    #[health_check(depends_on("redis", db, billing))]
    sessions: Flag,
    #[health_check(depends_on(cache, "disk_space", "billing.ledger", "added-by-the-builder", r#type,))]
    reports: Flag,
    #[health_check(nested)]
    billing: Billing,
    #[health_check(depends_on("billing", r"db"))]
    r#type: Flag,
}

#[derive(HealthState)]
struct Billing {
    #[health_check(name = "live-db")]
    ledger: Flag,
    #[health_check(depends_on(ledger, "db", "eu.live"))]
    invoices: Flag,
}

#[derive(HealthState)]
struct Tuple(
    #[health_check(name = "db")] Flag,
    #[health_check(name = "cache", depends_on("db"))] Flag,
);

/// The free space of the disk.
#[health_check(depends_on(db, r#type, "billing.ledger"))]
fn disk_space() {}

macro_rules! state {
    ($name:ident, $on:ident, $text:literal) => {
        #[derive(HealthState)]
        struct $name {
            #[health_check]
            $on: Flag,
            #[health_check(depends_on($on, $text))]
            other: Flag,
        }
    };
}

state!(Made, db, "billing.ledger");

fn main() {}
