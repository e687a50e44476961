//! `checks` needs entries, in parentheses.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health(checks())]
struct A;

#[derive(Clone, HealthState)]
#[health(checks)]
struct B;

#[derive(Clone, HealthState)]
#[health(checks = disk_space)]
struct C;

#[derive(Clone, HealthState)]
#[health(checks[disk_space])]
struct D;

#[derive(Clone, HealthState)]
#[health(checks = "disk_space")]
struct E;

#[derive(Clone, HealthState)]
#[health(checks = [disk_space, queue::depth])]
struct F;

fn main() {}
