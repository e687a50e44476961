//! The payments provider: the client that the service uses, its check, and a simulated provider to switch off.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The client of the provider. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    ping: String,
}

impl Client {
    pub(crate) fn new(provider: SocketAddr) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let ping = format!("http://{provider}/ping");
        Ok(Self { http, ping })
    }
}

/// Checks that the provider answers. Any error makes the check unhealthy. The check has a timeout, so the request needs
/// none.
pub(crate) async fn ping(client: &Client) -> reqwest::Result<()> {
    client.http.get(&client.ping).send().await?.error_for_status()?;
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    On,
    Off,
    Hang,
}

type Switch = Arc<watch::Sender<Mode>>;

/// Starts the simulated provider on the next port, or on any free port if the next one is taken. It ends with the
/// process, after the drain.
pub(crate) async fn start_provider(service_port: u16) -> std::io::Result<SocketAddr> {
    let next = service_port.saturating_add(1);
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, next)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
    };
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/ping", get(answer))
        .route("/on", set(Mode::On, "payments are on\n"))
        .route("/off", set(Mode::Off, "payments are off\n"))
        .route("/hang", set(Mode::Hang, "payments hang\n"))
        .with_state(Switch::new(watch::Sender::new(Mode::On)));
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(address)
}

fn set(mode: Mode, said: &'static str) -> MethodRouter<Switch> {
    post(async move |State(switch): State<Switch>| {
        switch.send_replace(mode);
        said
    })
}

async fn answer(State(switch): State<Switch>) -> StatusCode {
    let mut mode = switch.subscribe();
    match mode.wait_for(|mode| *mode != Mode::Hang).await.as_deref() {
        Ok(Mode::On) => StatusCode::NO_CONTENT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}
