//! The tables of the faults of Redis and of a cluster.

#[path = "redis_faults/cluster.rs"]
mod cluster;

use std::process::Command;
use std::time::Instant;

use health_services::blackhole::Blackhole;
use health_services::servers::{Redis, Server};
use health_services::{Faults, Watched};
use redis_1::Client;

const PASSWORD: &str = "secret-redis-pw";
const OTHER: &str = "secret-other";

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_told_from_the_others_and_recovery_needs_no_restart() {
    let (Some(server), Some(other)) = (Redis::start(), Redis::start()) else {
        return;
    };
    let mut faults = Faults::new("Redis with redis 1 (`Client`)".to_owned());
    server.kill();
    let watched = Watched::new(Client::open(server.url()).unwrap());
    let refused = "Connection refused";
    faults
        .add("not there at boot", &watched, refused, || {}, || server.start_again())
        .await;
    faults
        .add("killed", &watched, refused, || server.kill(), || server.start_again())
        .await;
    faults
        .add(
            "hangs (SIGSTOP)",
            &watched,
            "does not answer",
            || server.pause(),
            || server.resume(),
        )
        .await;
    let rotate = |from: &str, to: &str| {
        as_admin(&server, from, &["config", "set", "requirepass", to]);
        as_admin(&server, to, &["client", "kill", "type", "normal", "skipme", "yes"]);
    };
    faults
        .add(
            "password rotated",
            &watched,
            "Password authentication failed",
            || rotate(PASSWORD, OTHER),
            || rotate(OTHER, PASSWORD),
        )
        .await;
    let port = other.port().to_string();
    let follow = |host: &str, port: &str| {
        server.cli(&["config", "set", "masterauth", PASSWORD]);
        server.cli(&["replicaof", host, port]);
    };
    faults
        .add(
            "turned into a replica",
            &watched,
            "read-only now",
            || follow("127.0.0.1", &port),
            || follow("no", "one"),
        )
        .await;
    faults
        .add(
            "memory full (`noeviction`)",
            &watched,
            "its memory is full",
            || {
                server.cli(&["config", "set", "maxmemory", "1"]);
            },
            || {
                server.cli(&["config", "set", "maxmemory", "0"]);
            },
        )
        .await;
    let began = Instant::now();
    let hole = Blackhole::new();
    let nowhere = Watched::new(Client::open(format!("redis://{}", hole.address())).unwrap());
    let report = nowhere.until_error("no connection").await;
    faults.push("blackholed address", &report, began.elapsed(), None);
    faults.compare();
}

fn as_admin(server: &Redis, password: &str, arguments: &[&str]) {
    let mut command = Command::new("redis-cli");
    command
        .env("REDISCLI_AUTH", password)
        .args(["-p", &server.port().to_string()]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
