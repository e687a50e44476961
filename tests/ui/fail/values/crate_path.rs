//! `crate` is a path.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(crate = "hr")]
struct A;

#[derive(Clone, HealthState)]
#[health(crate = "../hr")]
struct B;

#[derive(Clone, HealthState)]
#[health(crate = hr())]
struct C;

#[derive(Clone, HealthState)]
#[health(crate)]
struct D;

#[derive(Clone, HealthState)]
#[health(crate = <A as B>::hr)]
struct E;

#[derive(Clone, HealthState)]
#[health(crate = health_runtime<u8>)]
struct F;

#[health_check(crate = "hr")]
fn f() {}

#[derive(Clone, HealthState)]
#[health(crate = "health_runtime")]
struct G;

#[health_check(crate = "health_runtime")]
fn g(_: &G) {}

fn main() {
    // No follow-up error: the path can be seen.
    let _ = || G.start_health();
}
