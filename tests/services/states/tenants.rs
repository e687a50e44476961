//! A map of tenants that changes while the service runs, behind a lock.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use health_runtime::{HealthCheck as _, HealthState, Outcome, Parts};
use sqlx_0_8 as sqlx;

type Tenants = Arc<RwLock<HashMap<String, sqlx::PgPool>>>;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(timeout = "5s", with = all)]
    tenants: Tenants,
}

async fn all(tenants: &Tenants) -> Outcome {
    let pools = tenants.read().unwrap().clone(); // no lock is held while a database answers
    let runs = pools
        .iter()
        .map(async |(name, pool)| (name.clone(), pool.check().await));
    futures_util::future::join_all(runs)
        .await
        .into_iter()
        .collect::<Parts>()
        .into_outcome()
}

#[tokio::test]
async fn it_has_its_checks() {
    let pool = sqlx::PgPool::connect_lazy("postgres://localhost").unwrap();
    let tenants = Arc::new(RwLock::new(HashMap::from([("acme".to_owned(), pool)])));
    assert_eq!(crate::names(AppState { tenants }), ["tenants"]);
}
