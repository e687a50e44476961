//! A check is not allowed in liveness if a restart does not fix what it checks.

use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};

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
    db: Db,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
