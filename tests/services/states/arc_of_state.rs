//! An `Arc` of a state with a pool and a Redis connection.

use std::sync::Arc;

use health_runtime::HealthState;
use redis_1 as redis;
use sqlx_0_8 as sqlx;

#[derive(HealthState)]
struct AppState {
    #[health_check(critical, timeout = "3s")]
    db: sqlx::PgPool,
    #[health_check(timeout = "500ms")]
    cache: redis::Client,
    #[expect(dead_code)]
    jwt_secret: String,
}

#[tokio::test]
async fn it_has_its_checks() {
    let state = Arc::new(AppState {
        db: sqlx::PgPool::connect_lazy("postgres://localhost").unwrap(),
        cache: redis::Client::open("redis://localhost").unwrap(),
        jwt_secret: String::new(),
    });
    assert_eq!(crate::names(state), ["cache", "db"]);
}
