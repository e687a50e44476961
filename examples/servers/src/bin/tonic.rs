//! A gRPC server with its health service, and the probes and other routes of axum on the same port.

use std::error::Error;

use axum::Router;
use axum::routing::get;
use health_runtime::Health;
use servers::AppState;
use tokio::net::TcpListener;
use tonic::service::Routes;

async fn serve(health: Health, listener: TcpListener) -> std::io::Result<()> {
    let grpc = Routes::new(health.grpc().service("orders.v1.Orders")); // then `.add_service(…)` for each of your own
    let app = Router::new()
        .route("/orders", get(|| async { "[]" }))
        .merge(grpc.into_axum_router())
        .layer(health.drain_layer())
        .merge(health.router());
    // gRPC needs HTTP/2: the feature `http2` of axum.
    axum::serve(health.listener(listener), app)
        .with_graceful_shutdown(health.shutdown_signal())
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/readyz, and gRPC", listener.local_addr()?);
    Ok(serve(AppState::start(), listener).await?)
}

#[tokio::test]
async fn both_answer_on_one_port_and_an_open_stream_does_not_delay_the_end() -> Result<(), Box<dyn Error>> {
    use tokio::net::TcpStream;
    use tonic::transport::Endpoint;
    use tonic_health::ServingStatus::{NotServing, Serving};
    use tonic_health::pb::health_client::HealthClient;
    use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

    let health = AppState::start();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(health.clone(), listener));
    let answer = servers::get(TcpStream::connect(address).await?, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = servers::get(TcpStream::connect(address).await?, "/orders").await;
    assert!(answer.ends_with("[]"), "{answer}");

    let mut client = HealthClient::new(Endpoint::from_shared(format!("http://{address}"))?.connect().await?);
    let service = || HealthCheckRequest {
        service: "orders.v1.Orders".into(),
    };
    let is = |answer: &HealthCheckResponse, status| answer.status == status as i32;
    assert!(is(client.check(service()).await?.get_ref(), Serving));
    let mut watch = client.watch(service()).await?.into_inner();
    assert!(is(&watch.message().await?.expect("a status"), Serving));
    health.drain();
    assert!(is(&watch.message().await?.expect("a status"), NotServing));
    let ended = watch.message().await.expect_err("the drain is over");
    assert_eq!(ended.code(), tonic::Code::Unavailable);
    Ok(server.await??)
}
