//! `checks` takes paths of free functions.

use health_runtime::{HealthState};

#[derive(Clone, HealthState)]
#[health(checks("disk_space"))]
struct A;

#[derive(Clone, HealthState)]
#[health(checks(disk_space()))]
struct B;

#[derive(Clone, HealthState)]
#[health(checks(|| true))]
struct C;

#[derive(Clone, HealthState)]
#[health(checks(queue::depth::<u8>))]
struct D;

#[derive(Clone, HealthState)]
#[health(checks(queue::depth<u8>))]
struct E;

#[derive(Clone, HealthState)]
#[health(checks(Self::check))]
struct F;

#[derive(Clone, HealthState)]
#[health(checks(<Queue as Depth>::depth))]
struct G;

#[derive(Clone, HealthState)]
#[health(checks(disk_space queue::depth))]
struct H;

#[derive(Clone, HealthState)]
#[health(checks(3, disk_space =))]
struct I;

#[derive(Clone, HealthState)]
#[health(checks(self, super, crate, Self))]
struct J;

#[derive(Clone, HealthState)]
#[health(checks(K::check))]
struct K;

#[derive(Clone, HealthState)]
#[health(checks(#[cfg(unix)] disk_space, &disk_space, [disk_space]))]
struct L;

fn main() {}
