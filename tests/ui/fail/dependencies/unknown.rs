//! An identifier in `depends_on` is a field with `#[health_check]`.

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(disk_space, queue::depth))]
struct AppState {
    #[health_check(depends_on(d))]
    orders: Flag,
    #[health_check(depends_on(order, cahce, Cache))]
    db: Flag,
    #[health_check(name = "redis", depends_on(banana, orders))]
    cache: Flag,
    #[health_check(depends_on(redis))]
    sessions: Flag,
    #[health_check(depends_on(config))]
    mail: Flag,
    #[health_check(depends_on(disk_space, depth))]
    files: Flag,
    config: Flag,
}

#[derive(HealthState)]
struct Alone {
    #[health_check(depends_on(banana))]
    db: Flag,
}

#[derive(HealthState)]
struct Tuple(#[health_check(name = "db", depends_on(cache))] Flag, #[health_check(name = "cache")] Flag);

#[derive(HealthState)]
struct Many {
    #[health_check(depends_on(banana))]
    a: Flag,
    #[health_check]
    b: Flag,
    #[health_check]
    c: Flag,
    #[health_check]
    d: Flag,
    #[health_check]
    e: Flag,
    #[health_check]
    f: Flag,
    #[health_check]
    g: Flag,
    #[health_check]
    h: Flag,
    #[health_check]
    i: Flag,
    #[health_check]
    j: Flag,
}

#[health_check]
fn disk_space() {}

mod queue {
    use health_runtime::health_check;

    #[health_check]
    pub(super) fn depth() {}
}

fn main() {}
