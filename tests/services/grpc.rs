//! `checks::Grpc` and the check of a `Channel`, against servers with and without a health service.

use std::future::pending;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use health_runtime::checks::Grpc;
use health_runtime::{CheckResult, CheckSpec, Checks, Health, HealthCheck, HealthState, Probe, Reason, Status};
use health_tests::until;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
    endpoint.connect_lazy()
}

/// A server with a health service.
async fn server() -> (HealthReporter, Channel) {
    let (reporter, health) = health_reporter();
    let (listener, address) = listener().await;
    let serve = Server::builder()
        .add_service(health)
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(serve);
    (reporter, channel(address))
}

/// The result as a status, a reason and a message.
fn told(result: CheckResult) -> (Status, Option<Reason>, String) {
    let outcome = result.expect("the server answers");
    let message = outcome.message().unwrap_or_default().to_owned();
    (outcome.status(), outcome.reason(), message)
}

const HEALTHY: (Status, Option<Reason>, String) = (Status::Healthy, None, String::new());

fn reported(message: &str) -> (Status, Option<Reason>, String) {
    (Status::Unhealthy, Some(Reason::Reported), message.to_owned())
}

#[tokio::test]
async fn a_channel_asks_for_the_whole_server_and_a_check_for_one_service() {
    let (reporter, channel) = server().await;
    let ledger = Grpc::new(channel.clone()).service("ledger.v1.Ledger");
    assert_eq!(told(channel.check().await), HEALTHY);
    assert_eq!(told(Grpc::new(channel.clone()).check().await), HEALTHY);
    let unknown = "the health service of the server does not know the service `ledger.v1.Ledger`; register it there, or ask for another one";
    assert_eq!(told(ledger.check().await), reported(unknown));

    let set = async |service, status| reporter.set_service_status(service, status).await;
    set("ledger.v1.Ledger", ServingStatus::Serving).await;
    set("", ServingStatus::NotServing).await;
    assert_eq!(told(ledger.check().await), HEALTHY);
    assert_eq!(told(channel.check().await), reported("the server answered NOT_SERVING"));
    set("ledger.v1.Ledger", ServingStatus::Unknown).await;
    assert_eq!(told(ledger.check().await), reported("the server answered UNKNOWN"));
}

#[tokio::test]
async fn a_server_without_a_health_service_is_told_how_to_add_one() {
    let (listener, address) = listener().await;
    let serve = Server::builder().add_routes(tonic::service::Routes::default());
    tokio::spawn(serve.serve_with_incoming(TcpIncoming::from(listener)));
    let (status, reason, message) = told(channel(address).check().await);
    assert_eq!((status, reason), (Status::Unhealthy, Some(Reason::Reported)));
    assert!(message.contains("`grpc.health.v1.Health`"), "{message}");
}

#[tokio::test]
async fn a_status_that_the_server_sends_is_an_error_with_its_code_and_message() {
    let (listener, address) = listener().await;
    let refuse = |_: tonic::Request<()>| Err(tonic::Status::unauthenticated("no ticket"));
    let (_, health) = health_reporter();
    let health = tonic::service::interceptor::InterceptedService::new(health, refuse);
    let serve = Server::builder().add_service(health);
    tokio::spawn(serve.serve_with_incoming(TcpIncoming::from(listener)));
    let error = channel(address).check().await.expect_err("it is refused");
    assert_eq!(error.to_string(), "the server answered Unauthenticated (16): no ticket");
}

#[tokio::test]
async fn a_refused_connection_is_an_error_with_the_true_cause_and_a_later_run_connects() {
    let (closed, address) = listener().await;
    drop(closed);
    let refused = std::net::TcpStream::connect(address).expect_err("nobody listens");
    let channel = channel(address);
    let error = channel.check().await.expect_err("nobody listens");
    assert_eq!(error.to_string(), refused.to_string());

    let (_, health) = health_reporter();
    let listener = TcpListener::bind(address).await.expect("the port is still free");
    tokio::spawn(
        Server::builder()
            .add_service(health)
            .serve_with_incoming(TcpIncoming::from(listener)),
    );
    until("it is healthy again", async || channel.check().await.ok()).await;
}

#[tokio::test]
async fn a_connection_that_is_lost_is_an_error_with_the_true_cause() {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16]).await;
        }
    });
    let error = channel(address).check().await.expect_err("it is closed").to_string();
    assert!(!error.contains("transport error") && !error.is_empty(), "{error}");
}

struct Silent(Channel);

impl HealthState for Silent {
    fn register(checks: &mut Checks<Self>) {
        let spec = CheckSpec::new("silent").timeout(Duration::from_millis(400));
        checks.add(spec, |silent| &silent.0);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_reported_before_the_timeout() {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        let _accepted = listener.accept().await.expect("it connects");
        pending::<()>().await;
    });
    let began = Instant::now();
    let health = Health::builder(Silent(channel(address))).start();
    let check = until("it fails", async || {
        let mut checks = health.report(Probe::Health).checks;
        let check = checks.remove(0);
        (check.reason == Some(Reason::Error)).then_some(check)
    })
    .await;
    let message = check.message.expect("it has a cause").to_string();
    assert!(
        message.starts_with("no connection, or no answer, within "),
        "{message} after {:?}",
        began.elapsed()
    );
}
