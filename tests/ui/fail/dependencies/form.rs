//! `depends_on` takes identifiers and names in parentheses.

use health_runtime::{Flag, HealthState, health_check};

#[derive(HealthState)]
struct AppState {
    #[health_check]
    db: Flag,
    #[health_check(depends_on)]
    a: Flag,
    #[health_check(depends_on())]
    b: Flag,
    #[health_check(depends_on = db)]
    c: Flag,
    #[health_check(depends_on = "db")]
    d: Flag,
    #[health_check(depends_on = [db, "mail"])]
    e: Flag,
    #[health_check(depends_on[db])]
    f: Flag,
    #[health_check(depends_on(db "mail", db,, "redis"))]
    g: Flag,
    #[health_check(depends_on("Orders DB", "", ".db", "billing.Ledger", "_db", "db "))]
    h: Flag,
    #[health_check(depends_on("x1234567890123456789012345678901234567890123456789012345678901234567890"))]
    i: Flag,
    #[health_check(depends_on(self.db, billing.ledger, orders-db, queue::depth, Self::ping, 0, 'a', &db, db()))]
    j: Flag,
    #[health_check(after(db))]
    k: Flag,
    #[health_check(dependson(db))]
    l: Flag,
}

#[derive(HealthState)]
struct Outer {
    #[health_check]
    mail: Flag,
    #[health_check(nested, depends_on(mail))]
    billing: AppState,
}

#[derive(HealthState)]
#[health(depends_on("db"))]
struct OnTheStruct;

#[health_check(depends_on(DB, ordersDb, "ready", _db))]
fn disk_space() {}

fn main() {}
