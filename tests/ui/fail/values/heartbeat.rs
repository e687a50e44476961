//! A heartbeat is a duration longer than nothing.

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

fn main() {}
