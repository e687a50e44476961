//! A service that still uses axum 0.7. A middleware answers the probes.
//!
//! `health-runtime` needs only its features `macros` and `http-1` here, and not the feature `axum`, which is for axum
//! 0.8.

use std::error::Error;

use axum_0_7 as axum;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use health_runtime::{Health, Probes};
use servers::AppState;
use tokio::net::TcpListener;

async fn probe(State(probes): State<Probes>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    match probes.answer(request.method().as_str(), uri.path(), uri.query()).await {
        Some(answer) => http::Response::<Bytes>::from(answer).map(Body::from),
        None => next.run(request).await,
    }
}

async fn serve(health: Health, listener: TcpListener) -> std::io::Result<()> {
    let app = Router::new()
        .route("/orders", get(|| async { "[]" }))
        .fallback(|| async { "everything else" })
        .layer(from_fn_with_state(health.probes(), probe)); // the last layer, so that no other one wraps the probes
    axum::serve(listener, app)
        .with_graceful_shutdown(health.shutdown_signal())
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/readyz", listener.local_addr()?);
    Ok(serve(AppState::start(), listener).await?)
}

#[tokio::test]
async fn it_answers_and_ends_with_the_drain() -> Result<(), Box<dyn Error>> {
    use tokio::net::TcpStream;
    let health = AppState::start();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(health.clone(), listener));
    let cases = [
        ("/readyz", "HTTP/1.1 200", "\"healthy\""),
        ("/readyz/db", "HTTP/1.1 200", "\"db\""),
        ("/readyz/typo", "HTTP/1.1 404", "no such check"),
        ("/orders", "HTTP/1.1 200", "[]"),
        ("/other", "HTTP/1.1 200", "everything else"),
    ];
    for (path, status, part) in cases {
        let answer = servers::get(TcpStream::connect(address).await?, path).await;
        assert!(answer.starts_with(status) && answer.contains(part), "{answer}");
    }
    health.drain();
    let answer = servers::get(TcpStream::connect(address).await?, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    Ok(server.await??)
}
