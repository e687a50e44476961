//! `crate` is a path.

use health_runtime::{HealthState};

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

fn main() {}
