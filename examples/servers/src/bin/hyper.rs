//! The router of the probes as a service of hyper, without the server of axum. It speaks HTTP/1.1 and HTTP/2.

use std::error::Error;
use std::pin::pin;

use axum::Router;
use axum::routing::get;
use axum::serve::Listener as _;
use health_runtime::Health;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use servers::AppState;
use tokio::net::TcpListener;

async fn serve(health: Health, listener: TcpListener) {
    let app = Router::new()
        .route("/orders", get(|| async { "[]" }))
        .layer(health.drain_layer())
        .merge(health.router());
    let service = TowerToHyperService::new(app);
    let (mut stop, connections) = (pin!(health.shutdown_signal()), GracefulShutdown::new());
    let mut listener = health.drain_listener(listener);
    loop {
        let (stream, _client) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let service = service.clone();
        let watcher = connections.watcher();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
            let _ = watcher.watch(connection).await; // an error is the client's
        });
    }
    connections.shutdown().await; // requests in flight are finished
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/readyz", listener.local_addr()?);
    serve(AppState::start(), listener).await;
    Ok(())
}

#[tokio::test]
async fn it_answers_and_ends_with_the_drain() -> Result<(), Box<dyn Error>> {
    use tokio::net::TcpStream;
    let health = AppState::start();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(health.clone(), listener));
    for path in ["/readyz", "/orders"] {
        let answer = servers::get(TcpStream::connect(address).await?, path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    health.drain();
    let answer = servers::get(TcpStream::connect(address).await?, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    Ok(server.await?)
}
