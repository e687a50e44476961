//! The rule for liveness also holds behind an `Arc`.

use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};

use std::sync::Arc;

#[derive(Clone)]
struct Db;

impl HealthCheck for Db {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness)]
    db: Option<Arc<Db>>,
}

fn main() {}
