//! A heartbeat is a duration of a second or more: a shorter one would take every busy moment for a stall.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health(heartbeat = "0s")]
struct A;

#[derive(Clone, HealthState)]
#[health(heartbeat)]
struct B;

#[derive(Clone, HealthState)]
#[health(heartbeat = 10)]
struct C;

#[derive(Clone, HealthState)]
#[health(heartbeat = "999ms")]
struct D;

#[derive(Clone, HealthState)]
#[health(heartbeat = "1s")]
struct Fine;

fn main() {}
