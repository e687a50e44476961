//! The addresses of the servers, and why none of them is connected.

use std::any::Any;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_nats_0_51::Client;
use futures_util::future::join_all;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::current_run::{self, patience, within};

/// To find the cause, a run connects to at most this many servers.
const MAX_SERVERS: usize = 3;

/// The addresses, while the client was connected.
#[derive(Default)]
struct Servers(Mutex<Vec<Address>>);

#[derive(Clone)]
struct Address {
    host: String,
    port: u16,
    /// Whether the server sends a greeting to each new connection. With WebSocket, the client sends first.
    greets: bool,
}

fn kept(client: &Client) -> Arc<Servers> {
    let owner: Arc<dyn Any + Send + Sync> = client.statistics();
    let owner: Weak<_> = Arc::downgrade(&owner);
    current_run::kept(Box::new(owner))
}

/// Keeps the addresses of a connected client. A disconnected client does not return them.
pub(super) async fn remember(client: &Client) {
    let Some(Ok(pool)) = within(patience(), client.server_pool()).await else {
        return;
    };
    let addresses = pool.iter().take(MAX_SERVERS).map(|server| Address {
        // Not the URL, which may contain a password.
        host: server.addr.host().to_owned(),
        port: server.addr.port(),
        greets: !server.addr.is_websocket(),
    });
    *kept(client).0.lock().unwrap_or_else(PoisonError::into_inner) = addresses.collect();
}

/// Why the client is disconnected.
pub(super) async fn cause(client: &Client) -> String {
    let kept = kept(client);
    let addresses = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let patience = patience();
    let attempts = addresses.iter().map(|address| async move {
        let cause = match within(patience, greeting(address)).await {
            Some(Ok(())) => {
                "the server accepts connections, so it may refuse the client, for example its password".to_owned()
            }
            Some(Err(error)) => error.to_string(),
            None => unanswered(patience),
        };
        format!("{}:{}: {cause}", address.host, address.port)
    });
    let causes = join_all(attempts).await;
    if causes.is_empty() {
        return "disconnected".to_owned();
    }
    format!("disconnected from {}", causes.join("; "))
}

fn unanswered(patience: Duration) -> String {
    format!("no greeting within {} ms", patience.as_millis())
}

/// Connects, and waits for the first bytes. Sends nothing.
async fn greeting(address: &Address) -> io::Result<()> {
    let mut stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    if address.greets && stream.read(&mut [0; 16]).await? == 0 {
        let error = "the server closed the connection";
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
    }
    Ok(())
}
