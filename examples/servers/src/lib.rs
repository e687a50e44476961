//! The state of the examples, and a client for their tests.

use health_runtime::{Flag, Health, HealthState};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The state of the service.
#[derive(Clone, Debug, HealthState)]
#[health(drain = "300ms")]
pub struct AppState {
    /// The orders are stored here.
    #[health_check(critical)]
    pub db: Flag,
}

impl AppState {
    /// Starts a service that is healthy.
    #[must_use]
    pub fn start() -> Health {
        Self { db: Flag::healthy() }.start_health()
    }
}

/// The answer to a request, as text.
///
/// # Panics
///
/// If the server does not answer.
pub async fn get(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    // Over TLS, a server may close the connection without saying so.
    let read = stream.read_to_end(&mut answer).await;
    assert!(!answer.is_empty(), "{read:?}");
    String::from_utf8_lossy(&answer).into_owned()
}
