//! The checks of async-nats, with a real server.

use std::time::{Duration, Instant};

use async_nats_0_51 as async_nats;
use async_nats_0_51::{Client, ConnectOptions, jetstream};
use health_runtime::{Reason, Status};
use health_services::blackhole::Blackhole;
use health_services::servers::{Nats, Server};
use health_services::soak::{ran_alone, soak};
use health_services::watched::message;
use health_services::{Faults, Watched};

const SECOND: Duration = Duration::from_secs(1);
const MONITOR: (&str, &str) = ("http", "\"127.0.0.1:-1\"");

fn options() -> ConnectOptions {
    ConnectOptions::new()
        .user_and_password("app".to_owned(), "secret-nats-pw".to_owned())
        .retry_on_initial_connect()
}

async fn client(server: &Nats) -> Client {
    options().connect(server.address()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_told_from_the_others_and_recovery_needs_no_restart() {
    let Some(server) = Nats::start() else { return };
    let mut faults = Faults::new("NATS with async-nats 0.51".to_owned());
    server.kill();
    let watched = Watched::new(client(&server).await);
    faults
        .add(
            "not there at boot",
            &watched,
            "has not connected yet",
            || {},
            || server.start_again(),
        )
        .await;
    assert!(watched.detail("server").is_some());
    assert_eq!(watched.detail("version").as_deref(), Some("2.9.10"));
    assert_eq!(watched.detail("connects").as_deref(), Some("1"));
    faults
        .add(
            "killed",
            &watched,
            "Connection refused",
            || server.kill(),
            || server.start_again(),
        )
        .await;
    assert_eq!(watched.detail("connects").as_deref(), Some("2"));
    faults
        .add(
            "hangs (SIGSTOP)",
            &watched,
            "the server has sent nothing for",
            || server.pause(),
            || server.resume(),
        )
        .await;
    faults
        .add(
            "password rotated",
            &watched,
            "so it may refuse the client",
            || server.set_password("secret-other"),
            || server.reset_password(),
        )
        .await;
    let began = Instant::now();
    let hole = Blackhole::new();
    let nowhere = options().connect(format!("nats://{}", hole.address())).await.unwrap();
    let report = Watched::new(nowhere).until_error("has not connected yet").await;
    faults.push("blackholed address", &report, began.elapsed(), None);
    faults.compare();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_is_told_from_a_dead_one_while_the_client_is_disconnected() {
    let Some(server) = Nats::start() else { return };
    let watched = Watched::new(client(&server).await);
    watched.until_healthy().await;
    server.kill();
    watched.until_error("Connection refused").await;
    // Who listens now accepts connections, and sends nothing.
    let silent = std::net::TcpListener::bind(("127.0.0.1", server.port())).unwrap();
    watched.until_error("no greeting within").await;
    drop(silent);
    server.start_again();
    watched.until_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_permission_for_its_inbox_is_degraded() {
    let Some(server) = Nats::start() else { return };
    server.set_subjects("orders.>");
    let watched = Watched::new(client(&server).await);
    let report = watched.until(Status::Degraded, Some(Reason::Reported)).await;
    assert!(
        message(&report).contains("to publish and to subscribe to `_INBOX.>`"),
        "{report:?}"
    );
    server.pause();
    watched.until_error("the server has sent nothing for").await;
    server.resume();
    server.set_subjects(">");
    watched.until_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_hear_itself_is_answered_too() {
    let Some(server) = Nats::start() else { return };
    let client = options().no_echo().connect(server.address()).await.unwrap();
    let watched = Watched::new(client);
    watched.until_healthy().await;
    server.pause();
    watched.until_error("the server has sent nothing for").await;
    server.resume();
    watched.until_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_client_is_unhealthy() {
    let Some(server) = Nats::start() else { return };
    let drained = client(&server).await;
    let watched = Watched::new(drained.clone());
    watched.until_healthy().await;
    drained.drain().await.unwrap();
    watched.until_error("the client is closed").await;

    let given_up = options().max_reconnects(3).connect(server.address()).await.unwrap();
    let watched = Watched::new(given_up);
    watched.until_healthy().await;
    server.kill();
    watched.until_error("it has given up reconnecting").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_client_gets_nothing_into_its_queue() {
    let Some(server) = Nats::start_with(&[MONITOR]) else {
        return;
    };
    let client = options().client_capacity(4).connect(server.address()).await.unwrap();
    let watched = Watched::new(client.clone());
    watched.until_healthy().await;
    server.kill();
    watched.until_error("Connection refused").await;
    let spec = health_runtime::CheckSpec::new("db")
        .interval(SECOND / 5)
        .timeout(SECOND / 10);
    let hasty = Watched::with(spec, client.clone());
    hasty.until_error("disconnected").await;
    hasty
        .always(3 * SECOND, |report| report.status == Status::Unhealthy)
        .await;
    // With four runs in the queue, this would wait.
    for _ in 0..4 {
        let published = client.publish("orders", "1".into());
        tokio::time::timeout(SECOND, published).await.unwrap().unwrap();
    }
    server.start_again();
    watched.until_healthy().await;
    hasty.until_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind() {
    if ran_alone() {
        return;
    }
    let Some(server) = Nats::start_with(&[MONITOR]) else {
        return;
    };
    let client = client(&server).await;
    let mut mine = client.subscribe("orders").await.unwrap();
    soak(client.clone(), || {
        let (connections, subscriptions) = server.connections_and_subscriptions();
        connections + subscriptions
    })
    .await;
    assert_eq!(server.connections_and_subscriptions(), (1, 1));
    client.publish("orders", "1".into()).await.unwrap();
    let order = futures_util::StreamExt::next(&mut mine).await.unwrap();
    assert_eq!(&*order.payload, b"1");
}

#[tokio::test(flavor = "multi_thread")]
async fn jetstream_is_asked_beside_the_server() {
    if ran_alone() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = format!("{{ store_dir: \"{}\" }}", folder.path().display());
    let Some(server) = Nats::start_with(&[("jetstream", &store), MONITOR]) else {
        return;
    };
    let context = jetstream::new(client(&server).await);
    context.create_stream("orders").await.unwrap();
    context.publish("orders", "1".into()).await.unwrap().await.unwrap();
    let watched = Watched::new(context.clone());
    watched.until_healthy().await;
    assert_eq!(watched.detail("streams").as_deref(), Some("1"));
    assert_eq!(watched.detail("consumers").as_deref(), Some("0"));
    assert_eq!(watched.detail("memory_bytes").as_deref(), Some("0"));
    assert_ne!(watched.detail("storage_bytes").as_deref(), Some("0"));
    soak(context, || {
        let (connections, subscriptions) = server.connections_and_subscriptions();
        connections + subscriptions
    })
    .await;
    server.pause();
    watched.until_error("the server has sent nothing for").await;
    server.resume();
    watched.until_healthy().await;
    server.kill();
    watched.until_error("Connection refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_jetstream_has_no_jetstream() {
    let Some(server) = Nats::start() else { return };
    let watched = Watched::new(jetstream::new(client(&server).await));
    let report = watched.until_error("JetStream is not enabled").await;
    assert_eq!(report.status, Status::Unhealthy);
    assert!(
        async_nats::connect(server.address()).await.is_err(),
        "a password is needed"
    );
}
