//! Each path belongs to one probe, and has the form of a path.

use health_runtime::HealthState;

#[derive(HealthState)]
#[health(alias("/health"))]
struct UsualOfAnother;

#[derive(HealthState)]
#[health(prefix = "", readiness_paths("/live"))]
struct UsualWithPrefix;

#[derive(HealthState)]
#[health(plain("/livez"))]
struct UsualAnyway;

#[derive(HealthState)]
#[health(liveness_paths("/health"), health_paths("/health"))]
struct TwoProbes;

#[derive(HealthState)]
#[health(alias("/ping"), plain("/ping"))]
struct TwoBodies;

#[derive(HealthState)]
#[health(alias("ping"), plain(""), readiness_paths("/ready/"), startup_paths("/{id}"), health_paths("/"))]
struct Forms;

fn main() {}
