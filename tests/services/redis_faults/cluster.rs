//! The table of the faults of a cluster of three, without replicas.

use health_services::servers::{Redis, RedisCluster, Server};
use health_services::{Faults, Watched};
use redis_1::cluster::{ClusterClient, ClusterConfig};

use super::{OTHER, PASSWORD, as_admin};

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_cluster_is_told_from_the_others_and_recovery_needs_no_restart() {
    let Some(cluster) = RedisCluster::start() else { return };
    let mut faults = Faults::new("Redis Cluster with redis 1 (`ClusterConnection`)".to_owned());
    let nodes = cluster.nodes();
    let each = |act: fn(&Redis)| nodes.iter().for_each(act);
    each(Server::kill);
    let client = ClusterClient::new(cluster.urls()).unwrap();
    // The only connection that does not need the cluster at once.
    let watched = Watched::new(client.get_pending_async_connection_with_config(ClusterConfig::new()));
    faults
        .add(
            "not there at boot",
            &watched,
            "no node",
            || {},
            || each(Server::start_again),
        )
        .await;
    faults
        .add(
            "a node is killed",
            &watched,
            "the cluster is down",
            || nodes[1].kill(),
            || nodes[1].start_again(),
        )
        .await;
    faults
        .add(
            "a node hangs (SIGSTOP)",
            &watched,
            "the cluster is down",
            || nodes[2].pause(),
            || nodes[2].resume(),
        )
        .await;
    faults
        .add(
            "all nodes are killed",
            &watched,
            "no node",
            || each(Server::kill),
            || each(Server::start_again),
        )
        .await;
    faults
        .add(
            "all nodes hang (SIGSTOP)",
            &watched,
            "no node",
            || each(Server::pause),
            || each(Server::resume),
        )
        .await;
    let rotate = |from: &str, to: &str| {
        for node in nodes {
            as_admin(node, from, &["config", "set", "requirepass", to]);
            as_admin(node, to, &["client", "kill", "type", "normal", "skipme", "yes"]);
        }
    };
    faults
        .add(
            "password rotated",
            &watched,
            "no node",
            || rotate(PASSWORD, OTHER),
            || rotate(OTHER, PASSWORD),
        )
        .await;
    faults
        .add(
            "the memory of a node is full (`noeviction`)",
            &watched,
            "its memory is full",
            || drop(nodes[0].cli(&["config", "set", "maxmemory", "1"])),
            || drop(nodes[0].cli(&["config", "set", "maxmemory", "0"])),
        )
        .await;
    faults.compare();
}
