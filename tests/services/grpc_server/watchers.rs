//! The streams of `Watch`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use health_runtime::{CheckSpec, GrpcHealth, Health, Probe, Status, check_fn};
use health_tests::until;
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use tonic::Code;
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, ServiceUnknown, Serving};
use tower_service::Service as _;

use crate::client::{Client, request};
use crate::{Orders, serve};

#[tokio::test]
async fn a_stream_has_the_status_at_once_and_then_each_change() {
    let state = Orders::healthy();
    let health = state.start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let client = Client::new(address);
    client.settled("", Serving).await;
    client.settled("billing", Serving).await;
    let mut streams = Vec::new();
    for name in ["", "db", "billing", "core", "liveness"] {
        let mut stream = client.watch(name).await.expect("it is open");
        assert_eq!(stream.next().await, Ok(Serving), "{name}");
        streams.push(stream);
    }
    let [ready, db, billing, core, live] = streams.try_into().ok().expect("five");
    let (mut ready, mut db, mut core) = (ready, db, core);

    state.cache.set_degraded("slow"); // no change of any status
    until("it is degraded", async || {
        (health.status(Probe::Readiness) == Status::Degraded).then_some(())
    })
    .await;
    state.db.set_unhealthy("gone");
    for stream in [&mut ready, &mut db, &mut core] {
        assert_eq!(stream.next().await, Ok(NotServing));
    }
    state.db.set_healthy();
    for stream in [&mut ready, &mut db, &mut core] {
        assert_eq!(stream.next().await, Ok(Serving));
    }
    health.drain();
    for mut stream in [ready, db, billing, core, live] {
        assert_eq!(stream.next().await, Ok(NotServing), "the drain fails every service");
        assert_eq!(stream.next().await, Err(Code::Unavailable), "the drain is over");
    }
}

#[tokio::test]
async fn an_unknown_service_has_an_open_stream_until_the_drain_is_over() {
    let health = Orders::healthy().start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let client = Client::new(address);
    client.settled("", Serving).await;
    let mut stream = client.watch("nothing").await.expect("it is open");
    assert_eq!(stream.next().await, Ok(ServiceUnknown));
    health.drain();
    assert_eq!(stream.next().await, Err(Code::Unavailable));
}

/// A client that gets a message before the end tries again without a pause, so it gets none.
#[tokio::test]
async fn after_the_drain_a_stream_ends_without_a_message_and_a_check_still_fails() {
    let health = Orders::healthy().start();
    health.probes();
    let (listener, finished) = (
        tokio::net::TcpListener::bind("127.0.0.1:0").await,
        health.drain_finished(),
    );
    let listener = listener.expect("a free port");
    let client = Client::new(listener.local_addr().expect("bound"));
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let server = tonic::transport::Server::builder().add_service(health.grpc());
    tokio::spawn(server.serve_with_incoming(incoming)); // it serves after the drain too
    client.settled("", Serving).await;
    health.drain();
    finished.await;
    for name in ["", "db", "nothing"] {
        let ended = client.watch(name).await.err().map(|status| status.code());
        assert_eq!(ended, Some(Code::Unavailable), "{name}");
    }
    for name in ["", "liveness", "startup", "db", "core"] {
        assert_eq!(client.check(name).await, Ok(NotServing), "{name}");
    }
    assert!(client.list().await.values().all(|status| *status == NotServing));
}

/// Counts how often a task would be polled.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A stream of `Watch` without a server: the body of the response, polled by hand.
struct Body(tonic::body::Body, Arc<Wakes>);

impl Body {
    async fn open(service: &mut GrpcHealth, name: &str) -> Self {
        let message = request(name).encode_to_vec();
        let length = u8::try_from(message.len()).expect("a short name");
        let frame = [&[0, 0, 0, 0, length], &*message].concat();
        let request = http::Request::post("/grpc.health.v1.Health/Watch").body(Full::new(Bytes::from(frame)));
        let response = service.call(request.expect("a request")).await;
        Self(response.expect("infallible").into_body(), Arc::default())
    }

    /// The next status, if there is one now. `Err`: the code with which the stream ends.
    fn now(&mut self) -> Option<Result<ServingStatus, Code>> {
        let waker = Waker::from(Arc::clone(&self.1));
        let Poll::Ready(frame) = Pin::new(&mut self.0.frame()).poll(&mut Context::from_waker(&waker)) else {
            return None;
        };
        let frame = frame.expect("trailers come first").expect("it has no error");
        Some(match frame.into_data() {
            Ok(data) => Ok(HealthCheckResponse::decode(&data[5..]).expect("a message").status()),
            Err(trailers) => {
                let trailers = trailers.into_trailers().expect("trailers");
                Err(Code::from_bytes(trailers["grpc-status"].as_bytes()))
            }
        })
    }

    fn wakes(&self) -> usize {
        self.1.0.load(Ordering::Relaxed)
    }
}

async fn settled(health: &Health, status: Status) {
    until("it has the status", async || {
        (health.status(Probe::Readiness) == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_status_only() {
    let state = Orders::healthy();
    let health = state.start();
    let mut service = health.grpc();
    settled(&health, Status::Healthy).await;
    let mut body = Body::open(&mut service, "").await;
    assert_eq!(body.now(), Some(Ok(Serving)));
    assert_eq!(body.now(), None);
    for _ in 0..3 {
        state.db.set_unhealthy("gone");
        settled(&health, Status::Unhealthy).await;
        state.db.set_healthy();
        settled(&health, Status::Healthy).await;
    }
    assert_eq!(body.now(), None, "it is as before");
    state.db.set_unhealthy("gone");
    settled(&health, Status::Unhealthy).await;
    assert_eq!(body.now(), Some(Ok(NotServing)));
    assert_eq!(body.now(), None);
}

/// Ticks come every 50 ms.
#[tokio::test]
async fn a_stream_is_not_woken_by_time() {
    let health = Orders::healthy().start();
    let mut service = health.grpc();
    settled(&health, Status::Healthy).await;
    let mut bodies = Vec::new();
    for name in ["", "db", "core", "nothing"] {
        bodies.push(Body::open(&mut service, name).await);
    }
    // The first runs may not all have ended, so the first pauses may have a change.
    for _ in 0..10 {
        for body in &mut bodies {
            while body.now().is_some() {}
        }
        let before: usize = bodies.iter().map(Body::wakes).sum();
        tokio::time::sleep(Duration::from_millis(500)).await;
        if before == bodies.iter().map(Body::wakes).sum::<usize>() {
            return;
        }
    }
    panic!("it is woken in each pause");
}

#[tokio::test]
async fn a_stream_ends_with_the_engine_and_does_not_keep_it_alive() {
    let health = Orders::healthy().start();
    let (mut service, weak) = (health.grpc(), health.downgrade());
    settled(&health, Status::Healthy).await;
    let mut known = Body::open(&mut service, "").await;
    let mut unknown = Body::open(&mut service, "nothing").await;
    assert_eq!((known.now(), known.now()), (Some(Ok(Serving)), None));
    assert_eq!((unknown.now(), unknown.now()), (Some(Ok(ServiceUnknown)), None));
    drop((health, service));
    assert!(weak.upgrade().is_none());
    assert_eq!((known.wakes(), unknown.wakes()), (1, 1));
    assert_eq!(known.now(), Some(Ok(NotServing)));
    assert_eq!(known.now(), Some(Err(Code::Unavailable)));
    assert_eq!(unknown.now(), Some(Err(Code::Unavailable)));
}

/// An on-demand check runs only when something asks. An open stream asks.
#[tokio::test]
async fn a_check_with_a_ttl_runs_while_a_stream_is_open() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let spec = CheckSpec::named("db").critical().ttl(Duration::from_millis(200));
    let check = check_fn(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(())
    });
    let health = Health::builder(()).check(spec, check).start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let mut stream = Client::new(address).watch("").await.expect("it is open");
    let first = stream.next().await;
    if first == Ok(NotServing) {
        assert_eq!(stream.next().await, Ok(Serving));
    }
    until("it runs again", async || {
        (runs.load(Ordering::Relaxed) > 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_watchers_get_each_change() {
    let state = Orders::healthy();
    let health = state.start();
    let (address, _server) = serve(&health, health.grpc()).await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let client = Client::new(address);
        client.settled("", Serving).await;
        for name in ["", "db", "core", "readiness"].iter().cycle().take(100) {
            streams.push(client.watch(name).await.expect("it is open"));
        }
    }
    assert_eq!(streams.len(), 1_000);
    for status in [Serving, NotServing, Serving, NotServing] {
        let began = std::time::Instant::now();
        match status {
            NotServing => state.db.set_unhealthy("gone"),
            _ => state.db.set_healthy(),
        }
        for next in join_all(streams.iter_mut().map(crate::client::Watch::next)).await {
            assert_eq!(next, Ok(status));
        }
        println!("1,000 watchers have {status:?} after {:?}", began.elapsed());
    }
}
