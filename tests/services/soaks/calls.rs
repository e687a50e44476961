//! Calls to other services. Their servers are in this process, so its descriptors count both ends of each connection.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use health_runtime::checks::{Grpc, Http, Tcp, TlsExpiry};
use health_runtime::{HealthCheck, Status};
use health_services::soak::{ran_alone, soak};
use health_services::tls::{Authority, serve};
use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};

async fn soak_call(check: impl HealthCheck + Clone) {
    soak(check.clone(), || 0).await;
    let outcome = check.check().await.unwrap();
    assert_eq!(outcome.status(), Status::Healthy, "{outcome:?}");
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Answers each HTTP request like this.
async fn answering(status: StatusCode, body: &'static str) -> SocketAddr {
    let (listener, address) = listener().await;
    let app = Router::new().fallback(async move || (status, body));
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn http() {
    if ran_alone() {
        return;
    }
    let address = answering(StatusCode::OK, "all is well").await;
    let check = Http::get(format!("http://{address}/")).expect_body_contains("is well");
    soak_call(check.build().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tcp() {
    if ran_alone() {
        return;
    }
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move { stream.read(&mut [0]).await });
        }
    });
    soak_call(Tcp::new(address.to_string()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_expiry() {
    if ran_alone() {
        return;
    }
    let address = serve(&Authority::new().issue("127.0.0.1"), None).await;
    soak_call(TlsExpiry::server(address.to_string()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc() {
    if ran_alone() {
        return;
    }
    let (listener, address) = listener().await;
    let (_reporter, health) = tonic_health::server::health_reporter();
    let server = Server::builder().add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let channel = Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect_lazy();
    soak_call(Grpc::new(channel)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn object_store() {
    if ran_alone() {
        return;
    }
    let address = answering(StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").await;
    let store = AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_bucket_name("invoices")
        .with_access_key_id("key")
        .with_secret_access_key("HUNTER2");
    let store: Arc<dyn ObjectStore> = Arc::new(store.build().unwrap());
    soak_call(store).await;
}
