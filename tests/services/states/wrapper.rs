//! A wrapper around a pool, with the queries of the service as its methods.

use health_runtime::HealthState;
use sqlx_0_9 as sqlx;

#[derive(Clone)]
struct Db(sqlx::PgPool);

impl Db {
    fn pool(&self) -> &sqlx::PgPool {
        &self.0
    }
}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical, with = db)]
    db: Db,
}

async fn db(db: &Db) -> health_runtime::CheckResult {
    health_runtime::HealthCheck::check(db.pool()).await
}

#[tokio::test]
async fn it_has_its_checks() {
    let db = Db(sqlx::PgPool::connect_lazy("postgres://localhost").unwrap());
    assert_eq!(crate::names(AppState { db }), ["db"]);
}
