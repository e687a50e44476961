//! A check cannot depend on itself, directly or through others. Each circle is one error.

use health_runtime::{Flag, HealthState, health_check};

#[derive(HealthState)]
struct Itself {
    #[health_check(depends_on(db))]
    db: Flag,
    #[health_check(name = "redis", depends_on("redis"))]
    cache: Flag,
    #[health_check(depends_on(r#type))]
    r#type: Flag,
}

#[derive(HealthState)]
struct OfTwo {
    #[health_check(depends_on(db))]
    reports: Flag,
    #[health_check(depends_on(cache))]
    db: Flag,
    #[health_check(depends_on("mail", "db"))]
    cache: Flag,
}

#[derive(HealthState)]
struct OfThree {
    #[health_check(depends_on(db))]
    reports: Flag,
    #[health_check(depends_on("redis"))]
    sessions: Flag,
    #[health_check(depends_on(cache))]
    db: Flag,
    #[health_check(name = "redis", depends_on("sessions"))]
    cache: Flag,
    #[health_check(depends_on(mail, accounts, "db"))]
    mail: Flag,
    #[health_check(depends_on(mail, tokens))]
    accounts: Flag,
    #[health_check(depends_on(mail))]
    tokens: Flag,
}

#[derive(HealthState)]
struct Tuple(
    #[health_check(name = "db", depends_on("cache"))] Flag,
    #[health_check(name = "cache", depends_on("db"))] Flag,
);

#[derive(HealthState)]
struct Long {
    #[health_check(depends_on(b))]
    a: Flag,
    #[health_check(depends_on(c))]
    b: Flag,
    #[health_check(depends_on(d))]
    c: Flag,
    #[health_check(depends_on(e))]
    d: Flag,
    #[health_check(depends_on(f))]
    e: Flag,
    #[health_check(depends_on(g))]
    f: Flag,
    #[health_check(depends_on(h))]
    g: Flag,
    #[health_check(depends_on(i))]
    h: Flag,
    #[health_check(depends_on(a))]
    i: Flag,
}

#[health_check(depends_on(disk_space))]
fn disk_space() {}

#[health_check(name = "queue-depth", depends_on("queue-depth"))]
fn depth() {}

fn main() {}
