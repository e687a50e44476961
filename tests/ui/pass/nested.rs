//! Nested states: by value, shared, boxed, generic, in tuples, in one another.
#![deny(warnings)]

use std::sync::Arc;

use health_runtime::{Flag, HealthCheck, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(name = "billing", timeout = "1s", checks(depth))]
struct Billing {
    #[health_check(critical)]
    db: Flag,
}

#[health_check]
fn depth(_: &Billing) -> bool {
    true
}

#[derive(Clone, HealthState)]
struct Generic<T> {
    #[health_check]
    value: T,
}

#[derive(Clone, HealthState)]
struct Outer<T, N: HealthState> {
    #[health_check(nested)]
    billing: Billing,
    #[health_check(nested, name = "shared-billing")]
    shared: Arc<Billing>,
    #[health_check(nested)]
    twice: Arc<Arc<Billing>>,
    #[health_check(nested)]
    generic: Generic<T>,
    #[health_check(nested)]
    other: N,
    #[health_check(nested)]
    r#type: Generic<Flag>,
    #[health_check(nested)]
    tuple: Tuple,
    #[health_check(name = "plain.with.dots")]
    plain: Flag,
}

#[derive(Clone, HealthState)]
struct Tuple(#[health_check(nested, name = "first")] Billing, #[health_check(name = "second")] Flag);

#[derive(HealthState)]
struct NotClone(#[health_check(nested, name = "only")] Box<Billing>);

fn start<T: HealthCheck + Clone>(value: T) {
    let billing = Billing { db: Flag::healthy() };
    let shared = Arc::new(billing.clone());
    let outer = Outer {
        billing: billing.clone(),
        twice: Arc::new(Arc::clone(&shared)),
        shared,
        generic: Generic { value },
        other: Generic { value: Flag::healthy() },
        r#type: Generic { value: Flag::healthy() },
        tuple: Tuple(billing.clone(), Flag::healthy()),
        plain: Flag::healthy(),
    };
    let _ = outer.start_health();
    let _ = Arc::new(NotClone(Box::new(billing))).start_health();
}

fn main() {
    let _ = start::<Flag>;
}
