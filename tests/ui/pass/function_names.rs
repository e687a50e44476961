//! Names that need care: raw ones, those of types, methods and crates.
#![deny(warnings)]

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(r#type, r#async, add, state, checks, run, register, self::core, __state))]
struct AppState;

#[health_check]
fn r#type(_: &AppState) {}

#[health_check(name = "asynchronous")]
async fn r#async(_: &AppState) {}

#[health_check]
fn add(_: &AppState) {}

#[health_check]
fn state(state: &AppState) {
    let _ = state;
}

#[health_check]
fn checks() {}

#[health_check]
fn run<S>(_: &S) {}

#[health_check]
fn register<__S>(_: &__S) {}

#[health_check]
fn core() {}

#[health_check(name = "s")]
fn __state() {}

fn main() {
    r#type(&AppState);
    let _ = || AppState.start_health();
}
