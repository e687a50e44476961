//! The end of a server with open streams.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream;
use http::uri::PathAndQuery;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus::{NotServing, ServiceUnknown, Serving};
use tonic_prost::ProstCodec;

use crate::client::{Client, request};
use crate::{Orders, serve};

/// Far more than it takes, for a busy machine. Without an end of the streams, the server never ends.
const GENEROUS: Duration = Duration::from_secs(10);

/// Opens streams of known and unknown services, and returns how long the server takes to end after the drain. The
/// streams are not read in the meantime if `is_slow`.
async fn ends_after(is_slow: bool) -> Duration {
    let health = Orders::healthy().start();
    let (address, server) = serve(&health, health.grpc()).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let client = Client::new(address);
        client.settled("", Serving).await;
        for name in ["", "db", "nothing", "core", "no.such.Service"].iter().cycle().take(50) {
            streams.push((name, client.watch(name).await.expect("it is open")));
        }
    }
    assert_eq!(streams.len(), 100);
    let finished = health.drain_finished();
    health.drain();
    finished.await;
    let since = Instant::now();
    let read = join_all(streams.iter_mut().map(async |(name, stream)| {
        let first = stream.next().await;
        if name.contains("no") {
            assert_eq!(first, Ok(ServiceUnknown));
        } else {
            assert_eq!(first, Ok(Serving));
            assert_eq!(stream.next().await, Ok(NotServing));
        }
        assert_eq!(stream.next().await, Err(Code::Unavailable));
    }));
    if !is_slow {
        read.await;
        tokio::time::timeout(GENEROUS, server)
            .await
            .expect("the server ends")
            .expect("it serves");
        return since.elapsed();
    }
    tokio::time::timeout(GENEROUS, server)
        .await
        .expect("the server ends")
        .expect("it serves");
    let took = since.elapsed();
    read.await;
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_100_streams_ends_with_the_drain() {
    let took = ends_after(false).await;
    println!("a server with 100 open streams ended {took:?} after the drain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_not_read_do_not_delay_the_end() {
    let took = ends_after(true).await;
    println!("a server with 100 streams that nobody reads ended {took:?} after the drain");
}

#[tokio::test]
async fn a_request_that_is_not_completed_does_not_delay_the_end() {
    for method in [
        "/grpc.health.v1.Health/Watch",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/List",
    ] {
        for messages in [0, 1] {
            let health = Orders::healthy().start();
            let (address, server) = serve(&health, health.grpc()).await;
            let client = Client::new(address);
            client.settled("", Serving).await;
            let mut grpc = tonic::client::Grpc::new(client.channel());
            grpc.ready().await.expect("it is connected");
            // After these messages, the client neither sends another one nor ends its stream.
            let messages = stream::iter(vec![request("db"); messages]);
            let open = Request::new(futures_util::StreamExt::chain(messages, stream::pending()));
            let codec = ProstCodec::<_, HealthCheckResponse>::default();
            let answer = tokio::spawn(async move {
                let answer = grpc.streaming(open, PathAndQuery::from_static(method), codec).await;
                answer.map(drop).map_err(|status| status.code())
            });
            client.settled("", Serving).await; // the other request has been sent before
            health.drain();
            tokio::time::timeout(GENEROUS, server)
                .await
                .expect("the server ends")
                .expect("it serves");
            assert_eq!(answer.await.expect("it ends"), Err(Code::Unavailable), "{method}");
        }
    }
}

/// A real signal, as an orchestrator sends it. All tests of this file have engines of their own, and a signal reaches
/// every engine of the process. So this test is a process of its own: it starts itself again.
#[test]
fn sigterm_ends_a_server_with_open_streams() {
    const CHILD: &str = "HEALTH_GRPC_SIGTERM";
    const NAME: &str = "shutdown::sigterm_ends_a_server_with_open_streams";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        return runtime.expect("it starts").block_on(signalled());
    }
    let program = std::env::current_exe().expect("this program");
    let mut command = std::process::Command::new(program);
    let output = command
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(printed.contains("ended"), "{printed}");
    print!("{printed}");
}

async fn signalled() {
    let health = Orders::healthy().start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let client = Client::new(listener.local_addr().expect("bound"));
    let (stop, finished) = (health.shutdown_signal(), health.shutdown_signal());
    let server = Server::builder().add_service(health.grpc());
    let server = tokio::spawn(server.serve_with_incoming_shutdown(TcpIncoming::from(listener), stop));
    client.settled("", Serving).await;
    let mut streams = Vec::new();
    for name in ["", "db", "nothing"].iter().cycle().take(30) {
        streams.push(client.watch(name).await.expect("it is open"));
    }
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGTERM).expect("it is sent");
    finished.await;
    let since = Instant::now();
    let result = tokio::time::timeout(GENEROUS, server).await.expect("the server ends");
    result.expect("no panic").expect("it serves");
    println!(
        "after SIGTERM, a server with 30 open streams ended {:?} after the drain",
        since.elapsed()
    );
}
