//! A prefix is a path, and the probes are below it.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health(prefix = "health")]
struct A;

#[derive(Clone, HealthState)]
#[health(prefix = "/health/")]
struct B;

#[derive(Clone, HealthState)]
#[health(prefix = "/")]
struct C;

#[derive(Clone, HealthState)]
#[health(prefix = "")]
struct D;

#[derive(Clone, HealthState)]
#[health(prefix = "/a//b")]
struct E;

#[derive(Clone, HealthState)]
#[health(prefix = "/{id}")]
struct F;

#[derive(Clone, HealthState)]
#[health(prefix = "/a b")]
struct G;

#[derive(Clone, HealthState)]
#[health(prefix = "/a*")]
struct H;

#[derive(Clone, HealthState)]
#[health(prefix = "/../health")]
struct I;

#[derive(Clone, HealthState)]
#[health(prefix = "/h?verbose")]
struct J;

fn main() {}
