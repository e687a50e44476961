//! async-nats: the checks of a client, and of JetStream.
//!
//! ```text
//! servers    the addresses of the servers, and why none of them is connected
//! jetstream  the check of a context of JetStream
//! ```

#[cfg(feature = "async-nats-0_51-jetstream")]
mod jetstream;
mod servers;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::Poll;

use async_nats_0_51::Client;
use async_nats_0_51::connection::State;
use bytes::Bytes;
use futures_util::{Sink as _, StreamExt as _};

use crate::check::HealthCheck;
use crate::current_run::{patience, within};
use crate::outcome::{BoxError, CheckResult, Outcome};

/// Checks that the NATS server delivers a message to this client.
///
/// A run subscribes to a new inbox, publishes an empty message to it, and waits until the message comes back, which is
/// one round trip. It then unsubscribes. No other client receives anything.
///
/// | what it finds | result |
/// |---|---|
/// | the message comes back | healthy |
/// | the message does not come back, but the server sends other data | degraded, `reported` |
/// | the server sends nothing within 3/4 of the check's timeout | unhealthy, `error` |
/// | the client is disconnected, or has not connected yet | unhealthy, `error` |
/// | the client is closed, because it was drained or has reached `max_reconnects` | unhealthy, `error` |
///
/// `Client::connection_state` and `Client::flush` are not enough to find out whether the server works. If the server
/// hangs, the state stays `Connected` for about three minutes, and `flush` only waits until the data is handed to the
/// operating system.
///
/// Details: `server` and `version`, which are the name and the version of the server; and `connects`, which is how
/// often the client has connected. If `connects` grows all the time, the connection is lost again and again.
///
/// Feature: `async-nats-0_51`.
///
/// # Cost
///
/// With the `no_echo` option of the client, the server does not send the message back. It then reports that the message
/// has no receiver, which also takes one round trip.
///
/// While the client is disconnected, a run opens one TCP connection to each of its servers, to at most three of them,
/// and closes it again. If the check runs outside of an engine, it waits for up to 1 s.
///
/// # A lost connection
///
/// async-nats reconnects, so the check becomes healthy again by itself. async-nats does not report why it cannot
/// connect. While the client is disconnected, the check therefore connects to the same servers over TCP, without
/// logging in. The message then contains the cause: a refused connection, a name that cannot be resolved, no route, or
/// a server that accepts the connection but sends nothing. If a server sends its greeting, the message says that the
/// server may refuse the client, for example because its password has changed.
///
/// The check reads the addresses of the servers while the client is connected. So for a client that was created with
/// `retry_on_initial_connect` and has never been connected, the message contains no cause.
///
/// # Permissions
///
/// The user of the client must be allowed to publish and to subscribe to its inbox, which is `_INBOX.>` unless
/// `custom_inbox_prefix` is set. Otherwise, the server answers with an error that async-nats does not pass on. The
/// check only sees that the server has sent something, so it is degraded.
///
/// # What it does not detect
///
/// - A server in lame duck mode. The client reconnects to another server when the server disconnects it.
/// - Messages without a receiver, and missing permissions for other subjects.
/// - Subscriptions that have ended, and slow consumers.
/// - Whether JetStream works. Check its [context](HealthCheck#impl-HealthCheck-for-Context), with the feature
///   `async-nats-0_51-jetstream`.
///
/// # Cancel safety
///
/// If a run is aborted, its subscription ends. While the client is disconnected, a run sends nothing over the client,
/// so the queue of the client does not fill up.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// # use async_nats_0_51 as async_nats;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     nats: async_nats::Client,
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "async-nats-0_51")))]
impl HealthCheck for Client {
    async fn check(&self) -> CheckResult {
        let outcome = ask(self).await?;
        servers::remember(self).await;
        Ok(described(self, outcome))
    }
}

/// Sends a message from the client to itself.
async fn ask(client: &Client) -> CheckResult {
    match client.connection_state() {
        State::Connected => {}
        // Without a connection, a message would wait in the queue of the client.
        _ if is_closed(client).await => return Err(CLOSED.into()),
        State::Pending => return Err("the client has not connected yet, and it is still trying".into()),
        State::Disconnected => return Err(servers::cause(client).await.into()),
    }
    let patience = patience();
    let inbox = client.new_inbox();
    let (bytes, connects) = activity(client);
    let mut answer = pin!(send(client, &inbox));
    for waited in [patience / 2, patience] {
        if let Some(answer) = within(patience / 2, answer.as_mut()).await {
            return answer;
        }
        if client.connection_state() != State::Connected {
            return Err(servers::cause(client).await.into());
        }
        let now = activity(client);
        if now.1 != connects {
            return Err("the client has reconnected while it waited for an answer".into());
        }
        if now.0 != bytes {
            return Ok(Outcome::degraded(unreturned(&inbox, waited.as_millis())));
        }
    }
    let waited = patience.as_millis();
    Err(format!("connected, but the server has sent nothing for {waited} ms").into())
}

/// Returns when the message has come back, or when the server reports that nobody has received it.
async fn send(client: &Client, inbox: &str) -> CheckResult {
    let inbox = || inbox.to_owned();
    // A valid subject is only refused by a client that is closed.
    let closed = || BoxError::from(CLOSED);
    let mut subscriber = client.subscribe(inbox()).await.map_err(|_| closed())?;
    let published = client.publish_with_reply(inbox(), inbox(), Bytes::new());
    published.await.map_err(|_| closed())?;
    subscriber.next().await.map(|_| Outcome::healthy()).ok_or_else(closed)
}

const CLOSED: &str = "the client is closed: it was drained, or it has given up reconnecting";

/// Whether the task of the client has ended. A client that is only disconnected has one.
async fn is_closed(client: &Client) -> bool {
    let mut sender = client.clone();
    // If it is ready, a place in the queue is reserved until `sender` is dropped.
    poll_fn(|context| Poll::Ready(matches!(Pin::new(&mut sender).poll_ready(context), Poll::Ready(Err(_))))).await
}

/// How many bytes the server has sent, and how often the client has connected.
fn activity(client: &Client) -> (u64, u64) {
    let statistics = client.statistics();
    (
        statistics.in_bytes.load(Ordering::Relaxed),
        statistics.connects.load(Ordering::Relaxed),
    )
}

fn unreturned(inbox: &str, waited: u128) -> String {
    let prefix = inbox.rsplit_once('.').map_or(inbox, |(prefix, _)| prefix);
    format!(
        "the server sends data, but the client's own message has not come back within {waited} ms; \
         the user of the client must be allowed to publish and to subscribe to `{prefix}.>`"
    )
}

fn described(client: &Client, mut outcome: Outcome) -> Outcome {
    if let Some(info) = client.try_server_info() {
        outcome = outcome
            .detail("server", info.server_name)
            .detail("version", info.version);
    }
    outcome.detail("connects", client.statistics().connects.load(Ordering::Relaxed))
}
