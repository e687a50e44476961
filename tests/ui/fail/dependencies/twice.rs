//! A check is named once, as a field or in quotes.

use health_runtime::{Flag, HealthState, health_check};

#[derive(HealthState)]
struct AppState {
    #[health_check]
    db: Flag,
    #[health_check(name = "redis")]
    cache: Flag,
    #[health_check(nested)]
    billing: Billing,
    #[health_check(depends_on(db, db))]
    a: Flag,
    #[health_check(depends_on("mail", "mail"))]
    b: Flag,
    #[health_check(depends_on(cache, db, "redis", "db"))]
    c: Flag,
    #[health_check(depends_on("billing", billing))]
    d: Flag,
    #[health_check(depends_on(db), depends_on(cache))]
    e: Flag,
}

#[derive(HealthState)]
struct Billing;

#[health_check(depends_on(db, "db"))]
fn disk_space() {}

fn main() {}
