//! `crate = path` on functions, for a runtime that is re-exported.
#![deny(warnings)]

mod reexported {
    pub(crate) use health_runtime as hr;
}

use reexported::hr::{HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(crate = crate::reexported::hr, checks(one, two, three, four))]
struct AppState {
    #[health_check(nested)]
    inner: Inner,
    #[health_check(with = look, blocking, breaker)]
    number: u8,
}

#[derive(Clone, HealthState)]
#[health(crate = reexported::hr)]
struct Inner;

fn look(_: &u8) {}

#[health_check(crate = reexported::hr)]
fn one(_: &AppState) -> bool {
    true
}

#[health_check(crate = crate::reexported::hr)]
async fn two<S>(_: &S) -> Result<(), String> {
    Ok(())
}

#[health_check(crate = reexported::hr, blocking, breaker(failures = 3))]
fn three() {}

#[health_check(crate = self::reexported::hr, blocking)]
fn four() -> bool {
    true
}

fn main() {
    let _ = || AppState { inner: Inner, number: 0 }.start_health();
}
