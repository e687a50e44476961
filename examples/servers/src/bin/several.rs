//! One service with three servers: the application on a TCP port, its administration on a Unix socket, and gRPC on a
//! port of its own. They have one engine, and one signal ends them together.

use std::error::Error;

use axum::Router;
use axum::routing::get;
use health_runtime::Health;
use servers::AppState;
use tokio::net::{TcpListener, UnixListener};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

async fn serve(
    health: Health,
    public: TcpListener,
    admin: UnixListener,
    grpc: TcpListener,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let app = Router::new()
        .route("/orders", get(|| async { "[]" }))
        .layer(health.drain_layer())
        .merge(health.router());
    // The internal router shows error texts. Only who may open the socket sees them.
    let administration = health.internal_router();
    // Call `shutdown_signal` for each server. All of them stop when the drain is over.
    let public = axum::serve(health.listener(public), app).with_graceful_shutdown(health.shutdown_signal());
    let admin = axum::serve(health.listener(admin), administration).with_graceful_shutdown(health.shutdown_signal());
    let grpc = Server::builder()
        .add_service(health.grpc())
        .serve_with_incoming_shutdown(TcpIncoming::from(grpc), health.shutdown_signal());
    let (public, admin, grpc) = tokio::join!(async { public.await }, async { admin.await }, grpc);
    public?;
    admin?;
    Ok(grpc?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("admin.sock");
    let admin = UnixListener::bind(&socket)?;
    let (public, grpc) = (
        TcpListener::bind("127.0.0.1:0").await?,
        TcpListener::bind("127.0.0.1:0").await?,
    );
    println!("http://{}/readyz", public.local_addr()?);
    println!("curl --unix-socket {} http://localhost/readyz", socket.display());
    println!("gRPC: {}", grpc.local_addr()?);
    serve(AppState::start(), public, admin, grpc).await
}

#[tokio::test]
async fn all_answer_and_end_together() -> Result<(), Box<dyn Error + Send + Sync>> {
    use tokio::net::{TcpStream, UnixStream};
    use tonic::transport::Endpoint;
    use tonic_health::pb::health_client::HealthClient;

    let health = AppState::start();
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("admin.sock");
    let admin = UnixListener::bind(&socket)?;
    let (public, grpc) = (
        TcpListener::bind("127.0.0.1:0").await?,
        TcpListener::bind("127.0.0.1:0").await?,
    );
    let (address, grpc_address) = (public.local_addr()?, grpc.local_addr()?);
    let servers = tokio::spawn(serve(health.clone(), public, admin, grpc));

    let mut client = HealthClient::new(
        Endpoint::from_shared(format!("http://{grpc_address}"))?
            .connect()
            .await?,
    );
    let mut watch = client
        .watch(tonic_health::pb::HealthCheckRequest::default())
        .await?
        .into_inner();
    while watch.message().await?.expect("a status").status != tonic_health::ServingStatus::Serving as i32 {}
    let answer = servers::get(TcpStream::connect(address).await?, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = servers::get(UnixStream::connect(&socket).await?, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    health.drain();
    servers.await?
}
