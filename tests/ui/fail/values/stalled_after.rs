//! `stalled_after` is at least a second, because a shorter time would report every busy moment as a stall.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health(stalled_after = "0s")]
struct A;

#[derive(Clone, HealthState)]
#[health(stalled_after)]
struct B;

#[derive(Clone, HealthState)]
#[health(stalled_after = 10)]
struct C;

#[derive(Clone, HealthState)]
#[health(stalled_after = "999ms")]
struct D;

#[derive(Clone, HealthState)]
#[health(stalled_after = "1s")]
struct Fine;

fn main() {}
