//! A function in liveness needs a reason why a restart helps.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check(liveness)]
fn a() {}

#[health_check(liveness, in_process, restart_helps = "it leaks")]
fn b() {}

#[health_check(in_process)]
fn c() {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
