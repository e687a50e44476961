//! The name and version of a service are texts for people.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health(name = "", version = " ")]
struct A;

#[derive(Clone, HealthState)]
#[health(name = "or\nders", version = "0123456789012345678901234567890123456789012345678901234567890123456789")]
struct B;

fn main() {}
