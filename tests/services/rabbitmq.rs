//! The checks of lapin, with a real server.

use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::{Duration, Instant};

use health_runtime::{CheckResult, CheckSpec, HealthCheck, Reason, Status};
use health_services::blackhole::Blackhole;
use health_services::servers::{RabbitMq, Server};
use health_services::soak::{ran_alone, soak};
use health_services::watched::message;
use health_services::{Faults, Watched};
use lapin_4 as lapin;
use lapin_4::options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin_4::types::FieldTable;
use lapin_4::{BasicProperties, Channel, Connection, ConnectionProperties};
use tokio::time::{sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

async fn connect(server: &RabbitMq) -> Connection {
    Connection::connect(&server.url(), ConnectionProperties::default())
        .await
        .unwrap()
}

/// A connection that lapin recovers, with an attempt each 100 ms or so.
async fn recovering(server: &RabbitMq) -> Connection {
    let properties = ConnectionProperties::default().enable_auto_recover();
    let properties = properties.configure_backoff(|backoff| {
        let backoff = backoff.with_min_delay(SECOND / 10).with_max_delay(SECOND / 5);
        backoff.without_max_times()
    });
    Connection::connect(&server.url(), properties).await.unwrap()
}

/// What a service does whose connection lapin does not recover: it holds the current one, and replaces it.
#[derive(Clone)]
struct Current(Arc<RwLock<Arc<Connection>>>);

impl Current {
    fn new(connection: Connection) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(connection))))
    }

    fn get(&self) -> Arc<Connection> {
        Arc::clone(&self.0.read().unwrap())
    }

    fn replace(&self, connection: Connection) {
        *self.0.write().unwrap() = Arc::new(connection);
    }
}

impl HealthCheck for Current {
    async fn check(&self) -> CheckResult {
        self.get().check().await
    }
}

/// What a service does that starts without waiting for the broker: a task connects, and keeps why it could not.
#[derive(Clone, Default)]
struct Broker(Arc<BrokerInner>);

#[derive(Default)]
struct BrokerInner {
    connection: OnceLock<Connection>,
    failure: Mutex<String>,
}

impl Broker {
    fn connecting_to(url: String) -> Self {
        let broker = Self::default();
        let inner = Arc::clone(&broker.0);
        tokio::spawn(async move {
            loop {
                let once = ConnectionProperties::default().configure_backoff(|backoff| backoff.with_max_times(0));
                let failure = match timeout(SECOND, Connection::connect(&url, once)).await {
                    Ok(Ok(connection)) => return drop(inner.connection.set(connection)),
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => "no connection within 1 s".to_owned(),
                };
                *inner.failure.lock().unwrap() = failure;
                sleep(SECOND / 2).await;
            }
        });
        broker
    }
}

impl HealthCheck for Broker {
    async fn check(&self) -> CheckResult {
        match self.0.connection.get() {
            Some(connection) => connection.check().await,
            None => Err(self.0.failure.lock().unwrap().clone().into()),
        }
    }
}

/// What the docs advise: while the connection is lost, the function connects once more, and its error is the cause.
#[derive(Clone)]
struct Explained {
    connection: Arc<Connection>,
    uri: String,
}

impl HealthCheck for Explained {
    async fn check(&self) -> CheckResult {
        if !self.connection.status().connected() {
            Connection::connect(&self.uri, ConnectionProperties::default()).await?;
        }
        self.connection.check().await
    }
}

async fn publish(channel: &Channel, queue: &str) {
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    channel
        .basic_publish("".into(), queue.into(), options, b"1", properties)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_told_from_the_others() {
    let Some(server) = RabbitMq::start() else { return };
    let mut faults = Faults::new("RabbitMQ with lapin 4".to_owned());
    server.kill();
    let connecting = Watched::new(Broker::connecting_to(server.url()));
    faults
        .add(
            "not there at boot; a task of the service connects, and keeps the error",
            &connecting,
            "Connection refused",
            || {},
            || server.start_again(),
        )
        .await;
    let watched = Watched::new(Explained {
        connection: Arc::new(recovering(&server).await),
        uri: server.url(),
    });
    watched.until_healthy().await;
    assert_eq!(watched.detail("vhost").as_deref(), Some("/"));
    assert_eq!(watched.detail("heartbeat_s").as_deref(), Some("60"));
    faults
        .add(
            "killed, with automatic recovery; the function of the service connects once more",
            &watched,
            "Connection refused",
            || server.kill(),
            || server.start_again(),
        )
        .await;
    faults
        .add(
            "hangs (SIGSTOP)",
            &watched,
            "got no answer within",
            || server.pause(),
            || server.resume(),
        )
        .await;

    let current = Current::new(connect(&server).await);
    let replaced = Watched::new(current.clone());
    replaced.until_healthy().await;
    let began = Instant::now();
    server.kill();
    let report = replaced.until_error("lapin does not reconnect it").await;
    let after = began.elapsed();
    server.start_again();
    replaced
        .always(3 * SECOND, |report| report.status == Status::Unhealthy)
        .await;
    let began = Instant::now();
    current.replace(connect(&server).await);
    replaced.until_healthy().await;
    let title = "killed, without automatic recovery; healthy once the service has connected again";
    faults.push(title, &report, after, Some(began.elapsed()));

    watched.until_healthy().await;
    faults
        .add(
            "password rotated and connections closed; the function of the service connects once more",
            &watched,
            "ACCESS_REFUSED",
            || server.set_password("secret-other"),
            || server.reset_password(),
        )
        .await;
    let began = Instant::now();
    let hole = Blackhole::new();
    let nowhere = Broker::connecting_to(format!("amqp://app:secret@{}/%2f", hole.address()));
    let report = Watched::new(nowhere).until_error("no connection").await;
    let title = "blackholed address; a task of the service connects, and keeps the error";
    faults.push(title, &report, began.elapsed(), None);
    faults.compare();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_healthy_by_the_last_heartbeat_alone() {
    let Some(server) = RabbitMq::start() else { return };
    let connection = Arc::new(connect(&server).await);
    let watched = Watched::new(Arc::clone(&connection));
    let channel = Watched::new(connection.create_channel().await.unwrap());
    watched.until_healthy().await;
    channel.until_healthy().await;
    server.pause();
    watched.until_error("`channel.flow` got no answer").await;
    channel.until_error("`channel.flow` got no answer").await;
    assert!(connection.status().connected(), "lapin has not noticed yet");
    server.resume();
    watched.until_healthy().await;
    channel.until_healthy().await;
    server.stop();
    watched.until_error("the connection is lost").await;
    channel
        .until_error("the channel is closed, or its connection is lost")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_connection_is_busy_until_max_age_and_then_fails() {
    let Some(server) = RabbitMq::start() else { return };
    let publisher = Arc::new(connect(&server).await);
    let idle = Arc::new(connect(&server).await);
    let channel = publisher.create_channel().await.unwrap();
    let queue = QueueDeclareOptions::default();
    channel
        .queue_declare("orders".into(), queue, FieldTable::default())
        .await
        .unwrap();
    let spec = || CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
    let patient = Watched::with(spec().max_age(60 * SECOND), Arc::clone(&publisher));
    let strict = Watched::with(spec().max_age(5 * SECOND), Arc::clone(&publisher));
    let of_channel = Watched::with(spec(), channel.clone());
    let of_idle = Watched::with(spec(), idle);
    patient.until_healthy().await;
    strict.until_healthy().await;
    of_channel.until_healthy().await;
    of_idle.until_healthy().await;

    server.raise_memory_alarm();
    patient.until_healthy().await;
    publish(&channel, "orders").await;
    let report = patient.until(Status::Degraded, Some(Reason::Saturated)).await;
    assert!(
        message(&report).contains("because of a memory or disk alarm"),
        "{report:?}"
    );
    strict.until(Status::Unhealthy, Some(Reason::Exhausted)).await;
    of_channel.until_error("`channel.flow` got no answer").await;
    patient
        .always(3 * SECOND, |report| report.reason == Some(Reason::Saturated))
        .await;
    of_idle.until_healthy().await;

    server.clear_memory_alarm();
    patient.until_healthy().await;
    strict.until_healthy().await;
    of_channel.until_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_the_broker_has_closed_is_unhealthy_while_its_connection_is_well() {
    let Some(server) = RabbitMq::start() else { return };
    let connection = Arc::new(connect(&server).await);
    let channel = connection.create_channel().await.unwrap();
    let watched = Watched::new(channel.clone());
    let whole = Watched::new(Arc::clone(&connection));
    watched.until_healthy().await;
    assert_eq!(watched.detail("channel"), Some(channel.id().to_string()));
    let options = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare("none".into(), options, FieldTable::default());
    declared.await.unwrap_err();
    watched.until_error("the channel is closed").await;
    whole.until_healthy().await;
    connection.close(200, "OK".into()).await.unwrap();
    whole.until_error("the connection is closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_free_channel_is_busy() {
    let Some(server) = RabbitMq::start_with(&[("channel_max", "3")]) else {
        return;
    };
    let connection = Arc::new(connect(&server).await);
    let mut channels = Vec::new();
    while let Ok(channel) = connection.create_channel().await {
        channels.push(channel);
    }
    let watched = Watched::new(Arc::clone(&connection));
    let report = watched.until(Status::Unhealthy, Some(Reason::Exhausted)).await; // it has never passed
    assert_eq!(message(&report), "all 3 channels of the connection are in use");
    channels.pop();
    watched.until_healthy().await;
    assert!(
        connection.create_channel().await.is_err(),
        "the check keeps its channel"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind() {
    if ran_alone() {
        return;
    }
    let Some(server) = RabbitMq::start() else { return };
    let connection = Arc::new(connect(&server).await);
    let channel = connection.create_channel().await.unwrap();
    let queue = QueueDeclareOptions::default();
    channel
        .queue_declare("orders".into(), queue, FieldTable::default())
        .await
        .unwrap();
    let (options, table) = (
        BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        },
        FieldTable::default(),
    );
    let mut consumer = channel
        .basic_consume("orders".into(), "".into(), options, table)
        .await
        .unwrap();
    let left = || {
        let (connections, channels) = server.connections_and_channels();
        connections + channels
    };
    soak(Arc::clone(&connection), left).await;
    assert_eq!(server.connections_and_channels(), (1, 1));
    soak(channel.clone(), left).await;
    assert_eq!(server.connections_and_channels(), (1, 1));
    publish(&channel, "orders").await;
    let order = futures_util::StreamExt::next(&mut consumer).await.unwrap().unwrap();
    assert_eq!(&*order.data, b"1", "the channel still delivers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_recovers_with_its_connection() {
    let Some(server) = RabbitMq::start() else { return };
    let connection = Arc::new(recovering(&server).await);
    let channel: lapin::Channel = connection.create_channel().await.unwrap();
    let watched = Watched::new(channel);
    watched.until_healthy().await;
    server.kill();
    watched.until_error("lapin is reconnecting").await;
    server.start_again();
    watched.until_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_that_outlasts_the_heartbeats_is_recovered_too() {
    let Some(server) = RabbitMq::start_with(&[("heartbeat", "1")]) else {
        return;
    };
    // Several runs get no answer before a heartbeat is missing.
    let spec = CheckSpec::new("db").interval(SECOND / 5).timeout(SECOND / 10);
    let watched = Watched::with(spec, Arc::new(recovering(&server).await));
    watched.until_healthy().await;
    assert_eq!(watched.detail("heartbeat_s").as_deref(), Some("1"));
    server.pause();
    watched.until_error("lapin is reconnecting").await;
    watched
        .always(5 * SECOND, |report| report.status == Status::Unhealthy)
        .await;
    server.resume();
    watched.until_healthy().await;
}
