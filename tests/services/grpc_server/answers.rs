//! What `Check` and `List` answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use health_runtime::{CheckSpec, Health, Probe, Status, check_fn, checks};
use health_tests::until;
use http::uri::PathAndQuery;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus::{NotServing, Serving};
use tonic_prost::ProstCodec;

use crate::client::Client;
use crate::{Orders, bound, serve};

#[tokio::test]
async fn a_probe_a_check_a_nested_struct_and_a_group_are_services() {
    let state = Orders::healthy();
    let health = state.start();
    let (address, _server) = serve(&health, health.grpc().service("orders.v1.Orders")).await;
    let client = Client::new(address);
    client.settled("", Serving).await;
    client.settled("core", Serving).await;
    client.settled("worker", Serving).await;

    let names = |names: &[&'static str], status| names.iter().map(move |name| (*name, status)).collect::<Vec<_>>();
    let expect = async |serving: &[&'static str], not_serving: &[&'static str]| {
        let expected = [names(serving, Serving), names(not_serving, NotServing)].concat();
        for (name, status) in &expected {
            assert_eq!(client.check(name).await, Ok(*status), "{name:?}");
        }
        let expected: BTreeMap<_, _> = expected
            .into_iter()
            .map(|(name, status)| (name.to_owned(), status))
            .collect();
        assert_eq!(client.list().await, expected);
    };
    let all = [
        "",
        "readiness",
        "liveness",
        "startup",
        "orders.v1.Orders",
        "db",
        "cache",
        "worker",
        "billing",
        "billing.bank",
        "core",
        "money",
    ];
    expect(&all, &[]).await;

    state.cache.set_degraded("slow");
    until("it is degraded", async || {
        (health.status(Probe::Readiness) == Status::Degraded).then_some(())
    })
    .await;
    expect(&all, &[]).await;

    // Not critical: its own service fails, and no other one does. The group `db` is hidden by the check `db`.
    state.cache.set_unhealthy("gone");
    client.settled("cache", NotServing).await;
    expect(
        &[
            "",
            "readiness",
            "liveness",
            "startup",
            "orders.v1.Orders",
            "db",
            "worker",
            "billing",
            "billing.bank",
            "core",
            "money",
        ],
        &["cache"],
    )
    .await;

    // The check `readiness` passes. It is hidden by the probe.
    state.billing.bank.set_unhealthy("closed");
    client.settled("", NotServing).await;
    expect(
        &["liveness", "startup", "db", "worker", "core"],
        &[
            "",
            "readiness",
            "orders.v1.Orders",
            "cache",
            "billing",
            "billing.bank",
            "money",
        ],
    )
    .await;
    state.billing.bank.set_healthy();
    state.worker.set_unhealthy("hangs");
    client.settled("liveness", NotServing).await;
    client.settled("", Serving).await;
    assert_eq!(client.check("worker").await, Ok(NotServing));
}

/// Each waits for the other one to be ready.
#[tokio::test]
async fn two_services_that_ask_each_other_do_not_keep_each_other_down() {
    let listeners = [bound().await, bound().await];
    let [one, two] = [&listeners[0], &listeners[1]].map(|listener| listener.local_addr().expect("bound"));
    let mut services = Vec::new();
    for (listener, other) in listeners.into_iter().zip([two, one]) {
        let spec = CheckSpec::named("other")
            .critical()
            .interval(Duration::from_millis(100));
        let asks = checks::Grpc::new(Client::new(other).channel());
        let health = Health::builder(()).check(spec, asks).start();
        let server = Server::builder().add_service(health.grpc());
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        services.push(health);
    }
    for address in [one, two] {
        // A check that is asked for by its name is not left out.
        for name in ["other", ""] {
            Client::new(address).settled(name, Serving).await;
        }
    }
}

#[tokio::test]
async fn a_hold_fails_readiness_and_its_checks_and_not_liveness() {
    let health = Orders::healthy().start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let client = Client::new(address);
    client.settled("", Serving).await;
    let hold = health.hold("maintenance");
    for (name, status) in [
        ("", NotServing),
        ("db", NotServing),
        ("core", NotServing),
        ("liveness", Serving),
        ("startup", Serving),
    ] {
        assert_eq!(client.check(name).await, Ok(status), "{name}");
    }
    drop(hold);
    assert_eq!(client.check("db").await, Ok(Serving));
}

#[tokio::test]
async fn an_unknown_or_hostile_name_is_refused() {
    let health = Orders::healthy().start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let client = Client::new(address);
    for name in [
        "orders",
        "DB",
        "db ",
        "billing.",
        "health",
        "*",
        "\0",
        "readiness?group=core",
        &"a".repeat(4000),
    ] {
        assert_eq!(client.check(name).await, Err(Code::NotFound), "{name:?}");
    }
    for length in [5_000, 1 << 20] {
        assert_eq!(client.check(&"a".repeat(length)).await, Err(Code::OutOfRange));
        let watch = client.watch(&"a".repeat(length)).await;
        assert_eq!(watch.err().map(|status| status.code()), Some(Code::OutOfRange));
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Bytes {
    #[prost(bytes = "vec", tag = "1")]
    service: Vec<u8>,
}

#[tokio::test]
async fn a_request_that_is_no_text_or_has_an_unknown_method_is_refused() {
    let health = Orders::healthy().start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let channel = Client::new(address).channel();
    for (path, code) in [
        ("/grpc.health.v1.Health/Check", Code::InvalidArgument),
        ("/grpc.health.v1.Health/Watch", Code::InvalidArgument),
        ("/grpc.health.v1.Health/Stop", Code::Unimplemented),
        ("/grpc.health.v1.Health/", Code::Unimplemented),
    ] {
        let mut client = tonic::client::Grpc::new(channel.clone());
        client.ready().await.expect("it is connected");
        let service = vec![0xff, 0xfe];
        let codec = ProstCodec::<_, HealthCheckResponse>::default();
        let request = Request::new(Bytes { service });
        let answer = client.unary(request, PathAndQuery::from_static(path), codec).await;
        assert_eq!(answer.map_err(|status| status.code()).err(), Some(code), "{path}");
    }
}

#[tokio::test]
async fn requests_start_no_runs_and_do_not_wait_for_a_check_that_hangs() {
    let runs = Arc::new(AtomicUsize::new(0));
    let (counted, hour) = (Arc::clone(&runs), Duration::from_hours(1));
    let hangs = CheckSpec::named("hangs")
        .critical()
        .interval(hour)
        .timeout(Duration::from_millis(50));
    let health = Health::builder(())
        .check(
            hangs,
            check_fn(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                std::future::pending::<()>()
            }),
        )
        .start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let client = Client::new(address);
    client.settled("startup", Serving).await;
    until("the first run has ended", async || {
        let check = health.report(Probe::Health).checks.remove(0);
        check.latency.map(drop)
    })
    .await;
    let before = runs.load(Ordering::Relaxed);
    for _ in 0..300 {
        assert_eq!(client.check("").await, Ok(NotServing));
        assert_eq!(client.check("hangs").await, Ok(NotServing));
        assert_eq!(client.check("liveness").await, Ok(Serving));
    }
    // Retries of a check that has never passed run in the background, one a second at most.
    assert!(runs.load(Ordering::Relaxed) <= before + 5, "{runs:?}");
}

/// Beside an internal port, readiness waits until a server of the application is known to run. A request proves it.
#[tokio::test]
async fn a_request_proves_that_a_server_runs() {
    let health = Orders::healthy().start();
    let (_internal, service) = (
        health.serve_internal("127.0.0.1:0").expect("a free port"),
        health.grpc(),
    );
    until("it has started", async || {
        (health.status(Probe::Startup) == Status::Healthy).then_some(())
    })
    .await;
    let reason = health.report(Probe::Readiness).reason;
    assert_eq!(reason, Some(health_runtime::Reason::Starting));
    // Not `serve`: what waits for the end of the drain is known to be a server too.
    let listener = bound().await;
    let client = Client::new(listener.local_addr().expect("bound"));
    let incoming = TcpIncoming::from(listener);
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
    client.settled("", Serving).await;
}

#[tokio::test]
async fn a_service_is_not_serving_until_it_has_started() {
    let health = Orders::healthy().start();
    let warm_up = health.startup_task("warm up");
    let (address, _server) = serve(&health, health.grpc()).await;
    let client = Client::new(address);
    for (name, status) in [
        ("", NotServing),
        ("startup", NotServing),
        ("db", NotServing),
        ("liveness", Serving),
    ] {
        assert_eq!(client.check(name).await, Ok(status), "{name}");
    }
    warm_up.done();
    client.settled("", Serving).await;
    assert_eq!(client.check("startup").await, Ok(Serving));
}
