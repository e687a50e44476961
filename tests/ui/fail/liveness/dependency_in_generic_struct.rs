//! The rule for liveness also holds in a struct with type parameters.

use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};

#[derive(Clone)]
struct Db;

impl HealthCheck for Db {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

#[derive(Clone, HealthState)]
struct AppState<T> {
    #[health_check(critical, readiness, liveness)]
    db: Db,
    x: T,
}

fn main() {}
