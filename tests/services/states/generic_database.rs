//! A state that is generic over its database.

use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};

trait Database: HealthCheck + Clone {}

#[derive(Clone, HealthState)]
#[health(name = "generic")]
struct AppState<DB: Database> {
    #[health_check(critical)]
    db: DB,
}

#[derive(Clone)]
struct InMemory;

impl HealthCheck for InMemory {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

impl Database for InMemory {}

#[tokio::test]
async fn it_has_its_checks() {
    assert_eq!(crate::names(AppState { db: InMemory }), ["db"]);
}
