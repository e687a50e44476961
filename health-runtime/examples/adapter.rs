//! Serves the probes in a framework without an adapter, here hyper.

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use health_runtime::{Flag, HealthState, Probes};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical)]
    accepting: Flag,
}

async fn handle(request: Request<Incoming>, probes: Probes) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, uri) = (request.method().as_str(), request.uri());
    Ok(match probes.answer(method, uri.path(), uri.query()).await {
        Some(answer) => Response::<Bytes>::from(answer).map(Full::new),
        None => Response::new(Full::from("the application")),
    })
}

async fn serve(listener: TcpListener, probes: Probes) {
    while let Ok((stream, _)) = listener.accept().await {
        let probes = probes.clone();
        let service = service_fn(move |request| handle(request, probes.clone()));
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let state = AppState {
        accepting: Flag::healthy(),
    };
    let health = state.start_health();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, health.probes()));

    let mut client = TcpStream::connect(address).await?;
    client
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    println!("{answer}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
