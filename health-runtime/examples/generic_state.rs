//! A generic state: the same service works with a real store and with a store in memory.

use std::error::Error;

use health_runtime::testing::TestHealth;
use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome, Status};

/// What the service needs from a store, including its health check.
trait Store: HealthCheck + Clone {
    fn orders(&self) -> Vec<String>;
}

#[derive(Clone, HealthState)]
struct AppState<S: Store> {
    #[health_check(critical, timeout = "3s")]
    store: S,
    name: &'static str,
}

#[derive(Clone)]
struct InMemory(Vec<String>);

impl Store for InMemory {
    fn orders(&self) -> Vec<String> {
        self.0.clone()
    }
}

impl HealthCheck for InMemory {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let state = AppState {
        store: InMemory(vec!["tea".into()]),
        name: "orders",
    };
    println!("{}: {:?}", state.name, state.store.orders());
    let health = TestHealth::new(state);
    health.refresh().await;
    health.assert_check("store", Status::Healthy);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
