//! The four front ends of one engine. The application behind three of them answers every path that is not a probe's
//! with 404. `serve` has no application.

use std::any::Any;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use health_runtime::{Health, Phase, ProbeRequest, Probes};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::Runtime;

use crate::connection::ask;

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

const LOCAL: &str = "127.0.0.1:0";
const TEXT: &str = "text/plain; charset=utf-8";
const APPLICATION: &str = "the application has no such path";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Front {
    Hand,
    Axum,
    Actix,
    Serve,
}

pub(crate) struct Servers {
    pub(crate) health: Health,
    /// In the order of [`Front`].
    addresses: [SocketAddr; 4],
    kept: Vec<Box<dyn Any>>,
}

impl Servers {
    pub(crate) fn start(health: Health) -> Self {
        let _runtime = RUNTIME.enter();
        let addresses = [
            hand(&health),
            axum(&health),
            actix(&health),
            health.serve(LOCAL).unwrap(),
        ];
        Self {
            health,
            addresses,
            kept: Vec::new(),
        }
    }

    pub(crate) fn address(&self, front: Front) -> SocketAddr {
        self.addresses[front as usize]
    }

    /// Keeps a guard for as long as the servers.
    pub(crate) fn keep(&mut self, guard: impl Any) {
        self.kept.push(Box::new(guard));
    }

    /// Waits until each check has run, and the servers are known to run.
    pub(crate) fn until_settled(&self, path: &str, checks: usize) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let mut answers = self
                .addresses
                .map(|address| ask(address, &[&request]).to_string())
                .into_iter();
            let answer = answers.next().expect("four answers");
            let waits_for_server = answer.contains("\"reason\":\"starting\"") && self.health.phase() == Phase::Running;
            if answers.all(|other| other == answer)
                && answer.matches("latency_ms").count() == checks
                && !waits_for_server
            {
                return;
            }
            assert!(Instant::now() < end, "it does not settle: {answer}");
            thread::yield_now();
        }
    }
}

fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(LOCAL).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn axum(health: &Health) -> SocketAddr {
    let (listener, address) = bind();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let app = Router::new().fallback(async || (StatusCode::NOT_FOUND, APPLICATION));
    RUNTIME.spawn(health.serve_axum(listener, app));
    address
}

fn actix(health: &Health) -> SocketAddr {
    let (listener, address) = bind();
    let health = health.clone();
    let app = async || HttpResponse::NotFound().content_type(TEXT).body(APPLICATION);
    let server = HttpServer::new(move || {
        App::new()
            .wrap(health.actix_drain())
            .configure(health.actix())
            .default_service(web::to(app))
    });
    let server = server.workers(1).disable_signals().listen(listener).unwrap();
    RUNTIME.spawn(server.run());
    address
}

fn hand(health: &Health) -> SocketAddr {
    let (listener, address) = bind();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let (probes, health) = (health.probes(), health.clone());
    RUNTIME.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (probes, health) = (probes.clone(), health.clone());
            let service = service_fn(move |request| respond(request, probes.clone(), health.clone()));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

async fn respond(
    request: Request<Incoming>,
    probes: Probes,
    health: Health,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let answer = probes.respond(ProbeRequest::from(&request)).await;
    let mut response = match answer {
        Some(answer) => Response::<Bytes>::from(answer).map(Full::new),
        None => application(&health),
    };
    if response.headers().contains_key(CONNECTION) {
        *response.version_mut() = request.version(); // as the documentation of the conversion says
    }
    Ok(response)
}

/// What the application answers, with what `drain_layer` does.
fn application(health: &Health) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(APPLICATION));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    if health.phase() == Phase::Draining {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
