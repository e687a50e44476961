//! The client, which keeps one connection. It records how far a run has come, so that the message of a failure can name
//! what the run waited for.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Url};
use rustls::ClientConfig;
use tower_layer::Layer;
use tower_service::Service;

use crate::BoxError;
use crate::checks::config_error::ConfigError;
use crate::checks::{dns, tcp};

/// The longest wait for the resolver. The run ends much earlier, but the lookup needs a limit.
const LOOKUP: Duration = Duration::from_secs(3600);

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    /// No new connection was needed so far.
    Reused,
    Resolving,
    Connecting,
    Connected,
    Body,
}

const STAGES: [Stage; 5] = [
    Stage::Reused,
    Stage::Resolving,
    Stage::Connecting,
    Stage::Connected,
    Stage::Body,
];

/// How far the run in flight has come. Clones of a check share it, so if they run at the same time, the message of a
/// failure may name the stage of another run.
#[derive(Debug)]
struct Progress {
    stage: AtomicU8,
    /// How long the run waits, in milliseconds.
    limit: AtomicU64,
}

impl Progress {
    fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    fn stage(&self) -> Stage {
        STAGES[usize::from(self.stage.load(Ordering::Relaxed))]
    }
}

pub(super) struct Client {
    client: reqwest::Client,
    progress: Arc<Progress>,
}

impl Client {
    /// A client for this URL, which has a host.
    pub(super) fn new(url: &Url, tls: ClientConfig) -> Result<Self, ConfigError> {
        let progress = Arc::new(Progress {
            stage: AtomicU8::new(Stage::Reused as u8),
            limit: AtomicU64::new(0),
        });
        let resolver = Resolver {
            progress: Arc::clone(&progress),
            port: url.port_or_known_default().unwrap_or_default(),
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .pool_max_idle_per_host(1)
            .dns_resolver(resolver)
            .connector_layer(Watched(Arc::clone(&progress)))
            .build()
            .map_err(|error| ConfigError::new(format!("the HTTP client cannot be created: {}", deepest(&error))))?;
        Ok(Self { client, progress })
    }

    /// A run begins, which waits for at most this long.
    pub(super) fn begin(&self, limit: Duration) {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.progress.limit.store(limit, Ordering::Relaxed);
        self.enter(Stage::Reused);
    }

    pub(super) fn enter(&self, stage: Stage) {
        self.progress.enter(stage);
    }

    pub(super) fn stage(&self) -> Stage {
        self.progress.stage()
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Why the request failed at the present stage.
    pub(super) fn failure(&self, error: &reqwest::Error) -> Failure {
        Failure {
            stage: self.stage(),
            cause: deepest(error),
        }
    }
}

/// Why a request failed. It contains neither the URL nor a header.
#[derive(Debug)]
pub(super) struct Failure {
    stage: Stage,
    cause: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stage {
            Stage::Resolving => {}
            Stage::Connecting => f.write_str("cannot connect: ")?,
            Stage::Reused | Stage::Connected => f.write_str("connected, but no answer: ")?,
            Stage::Body => f.write_str("the body ended early: ")?,
        }
        f.write_str(&self.cause)
    }
}

/// The innermost error. The errors around it only name the part of the client and the URL.
fn deepest(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match deepest.downcast_ref::<reqwest::Error>() {
        // The text would contain the URL.
        Some(_) => "the request failed".to_owned(),
        None => deepest.to_string(),
    }
}

/// Resolves names on short-lived threads, and not in the blocking pool of the runtime.
#[derive(Debug)]
struct Resolver {
    progress: Arc<Progress>,
    port: u16,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let progress = Arc::clone(&self.progress);
        let port = self.port;
        Box::pin(async move {
            progress.enter(Stage::Resolving);
            let mut addresses = dns::resolve(name.as_str(), LOOKUP).await?;
            for address in &mut addresses {
                address.set_port(port);
            }
            let limit = Duration::from_millis(progress.limit.load(Ordering::Relaxed));
            let address = one_of(addresses, limit).await?;
            progress.enter(Stage::Connecting);
            Ok(Box::new(address.into_iter()) as Addrs)
        })
    }
}

/// If there are several addresses, returns one that accepts connections. The client itself would wait for a dead
/// address until the run ends, and would not try the next one.
async fn one_of(addresses: Vec<SocketAddr>, limit: Duration) -> Result<Vec<SocketAddr>, BoxError> {
    if addresses.len() < 2 {
        return Ok(addresses);
    }
    let (_, accepts) = tcp::connect_to(addresses, limit).await?;
    Ok(vec![accepts])
}

/// Records when the client starts to connect and when it is connected.
#[derive(Clone, Debug)]
struct Watched(Arc<Progress>);

impl<C> Layer<C> for Watched {
    type Service = WatchedConnector<C>;

    fn layer(&self, connector: C) -> WatchedConnector<C> {
        WatchedConnector {
            connector,
            progress: Arc::clone(&self.0),
        }
    }
}

#[derive(Clone)]
struct WatchedConnector<C> {
    connector: C,
    progress: Arc<Progress>,
}

impl<C, T> Service<T> for WatchedConnector<C>
where
    C: Service<T>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = BoxFuture<'static, Result<C::Response, C::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let progress = Arc::clone(&self.progress);
        progress.enter(Stage::Connecting);
        let connecting = self.connector.call(target);
        Box::pin(async move {
            let connected = connecting.await;
            if connected.is_ok() {
                progress.enter(Stage::Connected);
            }
            connected
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn of_several_addresses_the_one_that_accepts_is_used() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let refuses = closed.local_addr().expect("bound");
        drop(closed);
        let limit = Duration::from_secs(30);
        let chosen = one_of(vec![refuses, address], limit).await.expect("one accepts");
        assert_eq!(chosen, [address]);
        let alone = one_of(vec![refuses], limit).await.expect("it is not tried");
        assert_eq!(alone, [refuses]);
    }
}
