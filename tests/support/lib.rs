//! What the tests share: a served application, requests in process and over a raw socket, and a log that tests can
//! read.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use health_runtime::{CheckResult, CheckSpec, Checks, HealthState, run};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer};

/// The toolchain that writes the error texts and the JSON that some tests compare with.
pub const PINNED: &str = "rustc 1.95.";

/// Whether this toolchain is [`PINNED`].
///
/// # Panics
///
/// If there is no rustc. Also if this is another toolchain and `PINNED_ONLY` is set. CI sets it, so that no test is
/// skipped there.
pub fn is_pinned() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("cargo test has a rustc");
    let version = String::from_utf8_lossy(&version.stdout);
    let is_pinned = version.starts_with(PINNED);
    let is_required = std::env::var_os("PINNED_ONLY").is_some();
    assert!(is_pinned || !is_required, "CI needs {PINNED}x, but this is {version}");
    is_pinned
}

/// A state with `N` critical checks. All return this.
#[derive(Debug)]
pub struct Many<const N: usize>(pub fn() -> CheckResult);

impl<const N: usize> HealthState for Many<N> {
    fn register(checks: &mut Checks<Self>) {
        for index in 0..N {
            let name = Box::leak(format!("check-{index}").into_boxed_str());
            checks.with(CheckSpec::new(name).critical(), |state| run((state.0)()));
        }
    }
}

/// A complete answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// If the body is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// The value of a header, or an empty string.
    ///
    /// # Panics
    ///
    /// If the value is not text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends a request to an application in this process.
///
/// # Panics
///
/// If there is no answer.
pub async fn ask(app: &Router, method: &str, uri: &str) -> Answer {
    let request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(uri);
    send(app, request.body(Body::empty()).unwrap()).await
}

/// Sends this request to an application in this process.
///
/// # Panics
///
/// If there is no answer.
pub async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// `GET uri`, in this process.
///
/// # Panics
///
/// If there is no answer.
pub async fn get(app: &Router, uri: &str) -> Answer {
    ask(app, "GET", uri).await
}

/// Serves the application on a free port of this address.
///
/// # Panics
///
/// If the port cannot be bound.
pub async fn serve_at(host: &str, app: Router) -> SocketAddr {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Serves the application on a free port of the IPv4 loopback.
///
/// # Panics
///
/// If the port cannot be bound.
pub async fn serve(app: Router) -> SocketAddr {
    serve_at("127.0.0.1", app).await
}

/// A runtime for an application, with `count` workers.
///
/// # Panics
///
/// If its threads cannot be started.
pub fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(count)
        .enable_all()
        .build()
        .unwrap()
}

/// A separate runtime for a prober.
///
/// # Panics
///
/// If it cannot be built.
pub fn prober() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Sends exactly these bytes, and returns all that comes back until the connection is closed.
///
/// # Panics
///
/// If the connection fails.
pub async fn raw(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Calls `look` until it returns a value, for ten seconds at most. For what happens on another thread.
///
/// # Panics
///
/// If there is no value after ten seconds.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..5_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    panic!("it did not happen in ten seconds: {what}")
}

/// Waits until the answer has this code and status.
///
/// # Panics
///
/// If it does not have them after ten seconds.
pub async fn settled(app: &Router, uri: &str, code: u16, status: &str) -> Answer {
    until(&format!("{uri} says {code} {status}"), async || {
        let answer = get(app, uri).await;
        (answer.status == code && answer.json()["status"] == status).then_some(answer)
    })
    .await
}

/// A log that tests can read. Each event is one line with all its fields.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// The lines with this text in them.
    ///
    /// # Panics
    ///
    /// Never: nothing panics while it holds the lock.
    pub fn lines(&self, text: &str) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

impl Log {
    /// Removes all lines.
    ///
    /// # Panics
    ///
    /// Never: nothing panics while it holds the lock.
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

/// Prints each event to standard output, as one line with all its fields.
#[derive(Clone, Copy, Debug)]
pub struct Print;

impl<S: tracing::Subscriber> Layer<S> for Print {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        println!("{}", line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
