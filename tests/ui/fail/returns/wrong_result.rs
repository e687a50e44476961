//! A function must return a type that a check can return.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
fn a(_: &AppState) -> u8 {
    0
}

#[health_check]
async fn b(_: &AppState) -> Option<u8> {
    None
}

#[health_check(blocking)]
fn c() -> u8 {
    0
}

fn main() {}
