//! Clients, connections and pools of Redis.

use fred_10::interfaces::ClientLike as _;
use fred_10::types::config::Config;
use fred_10::types::{Builder, ClusterHash, CustomCommand};
use health_services::servers::{Redis, RedisCluster};
use health_services::soak::{ran_alone, soak, soak_pool};
use redis_1::aio::ConnectionLike;
use redis_1::cluster::ClusterClient;
use redis_1::{Client, cmd};

use crate::answers_in_order;

/// The same for every connection of the crate `redis`.
async fn soak_connection<C>(connection: C, connections: impl Fn() -> usize)
where
    C: health_runtime::HealthCheck + Clone + ConnectionLike,
{
    soak(connection.clone(), connections).await;
    in_order(connection).await;
}

async fn in_order(mut connection: impl ConnectionLike) {
    answers_in_order(async |value| cmd("ECHO").arg(value).query_async(&mut connection).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client() {
    if ran_alone() {
        return;
    }
    let Some(server) = Redis::start() else { return };
    soak(Client::open(server.url()).unwrap(), || server.connections()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_manager() {
    if ran_alone() {
        return;
    }
    let Some(server) = Redis::start() else { return };
    let client = Client::open(server.url()).unwrap();
    let manager = client.get_connection_manager().await.unwrap();
    soak_connection(manager, || server.connections()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multiplexed_connection() {
    if ran_alone() {
        return;
    }
    let Some(server) = Redis::start() else { return };
    let client = Client::open(server.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    soak_connection(connection, || server.connections()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_connection() {
    if ran_alone() {
        return;
    }
    let Some(cluster) = RedisCluster::start() else { return };
    let client = ClusterClient::new(cluster.urls()).unwrap();
    let connection = client.get_async_connection().await.unwrap();
    let connections = || cluster.nodes().iter().map(Redis::connections).sum();
    soak_connection(connection, connections).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_deadpool() {
    if ran_alone() {
        return;
    }
    let Some(server) = Redis::start() else { return };
    let config = deadpool_redis_0_23::Config::from_url(server.url());
    let builder = config.builder().unwrap().max_size(3);
    let pool = builder.runtime(deadpool_redis_0_23::Runtime::Tokio1).build().unwrap();
    soak_pool(pool.clone(), 3, || server.connections()).await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(pool.get().await.unwrap());
    }
    for connection in taken {
        in_order(connection).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_bb8() {
    if ran_alone() {
        return;
    }
    let Some(server) = Redis::start() else { return };
    let manager = bb8_redis_0_26::RedisConnectionManager::new(server.url()).unwrap();
    let pool = bb8_redis_0_26::bb8::Pool::builder()
        .max_size(3)
        .build_unchecked(manager);
    soak_pool(pool.clone(), 3, || server.connections()).await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(pool.get_owned().await.unwrap());
    }
    for connection in &taken {
        in_order((**connection).clone()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_fred() {
    if ran_alone() {
        return;
    }
    let Some(server) = Redis::start() else { return };
    let config = Config::from_url(&server.url()).unwrap();
    let client = Builder::from_config(config).build().unwrap();
    client.init().await.unwrap();
    soak(client.clone(), || server.connections()).await;
    let echo = CustomCommand::new_static("ECHO", ClusterHash::Random, false);
    answers_in_order(async |value| client.custom(echo.clone(), vec![value]).await.unwrap()).await;
}
