//! sea-orm, and a queue and a cache that are one thing or another.

use health_runtime::{CheckResult, HealthCheck as _, HealthState, Outcome};
use {redis_0_32 as redis, sea_orm_1 as sea_orm};

#[derive(Clone)]
enum Queue {
    Redis(redis::Client),
    InProcess,
}

#[derive(Clone)]
enum Cache {
    Redis(redis::Client),
    Null,
}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical)]
    db: sea_orm::DatabaseConnection,
    #[health_check(critical, with = queue)]
    queue: Queue,
    #[health_check(with = cache)]
    cache: Cache,
}

async fn queue(queue: &Queue) -> CheckResult {
    let Queue::Redis(client) = queue else {
        return Ok(Outcome::healthy());
    };
    client.check().await
}

async fn cache(cache: &Cache) -> CheckResult {
    let Cache::Redis(client) = cache else {
        return Ok(Outcome::healthy());
    };
    client.check().await
}

#[tokio::test]
async fn it_has_its_checks() {
    let client = redis::Client::open("redis://localhost").unwrap();
    for (queue, cache) in [
        (Queue::InProcess, Cache::Redis(client.clone())),
        (Queue::Redis(client), Cache::Null),
    ] {
        let db = sea_orm::DatabaseConnection::default();
        assert_eq!(crate::names(AppState { db, queue, cache }), ["cache", "db", "queue"]);
    }
}
