//! lapin: the checks of a connection to RabbitMQ, and of one of its channels.

use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use lapin_4::options::ChannelFlowOptions;
use lapin_4::{Channel, ChannelStatus, Connection, ConnectionStatus, Error, ErrorKind};

use crate::check::HealthCheck;
use crate::current_run::{Owner, kept, patience, within};
use crate::outcome::{CheckResult, Outcome};

/// Checks that RabbitMQ answers over this connection, and that it has not blocked the connection.
///
/// The check has a channel of its own on the connection. The first run opens it. Each run sends `channel.flow` with
/// `active = true` over this channel and waits for the answer, which is one round trip. Nothing is declared, published
/// or consumed, so the user needs no permissions.
///
/// | what it finds | result |
/// |---|---|
/// | the broker answers | healthy |
/// | the broker has blocked the connection because of a memory or disk alarm | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | all channels of the connection are in use, and the check has none yet | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | the broker does not answer within 3/4 of the check's timeout | unhealthy, `error` |
/// | the connection is lost or closed, or lapin is reconnecting | unhealthy, `error` |
///
/// "After `max_age`" means: once the last success of the check is older than its
/// [`max_age`](crate::CheckSpec::max_age), or if the check has never passed. See [`Outcome::exhausted`].
///
/// `Connection::status` alone is not enough to find out whether the broker works. If the broker hangs or the network
/// drops every packet, the connection stays `Connected` until a heartbeat is missing, which takes two minutes with the
/// default settings of RabbitMQ.
///
/// Details, if the check is healthy: `vhost`, and `heartbeat_s`, which is the interval of the heartbeats in seconds.
///
/// Feature: `lapin-4`.
///
/// # Cost
///
/// The check keeps one channel of the connection. If the user has a `max-channels` limit, RabbitMQ closes the whole connection
/// when the limit is exceeded, so set the limit one higher than what your service needs.
///
/// If the check runs outside of an engine, it waits for up to 1 s.
///
/// # A lost connection
///
/// By default, lapin does not reconnect. Once the connection is lost, the check stays unhealthy, even if the broker is
/// back. There are three ways to fix this:
///
/// - Call `enable_auto_recover` on the `ConnectionProperties`. lapin then reconnects, even if the broker has refused
///   its password in the meantime, and the check becomes healthy again. Note that lapin gives up after 16 attempts
///   unless you also call `configure_backoff`.
/// - Open a new connection in your service, and replace the old one. Since the check is bound to one connection, write
///   a `with` function that loads the current one and calls `check` on it.
/// - Let the liveness probe restart the process, with `liveness` and `restart_helps = "lapin does not reconnect"`. Note
///   that the process is then also restarted while the broker is down, and that it needs the broker to start.
///
/// The message does not contain the cause, because lapin keeps neither the reason why a connection was lost nor the
/// address of the broker. So a broker that is down and a password that is refused have the same message. To tell them
/// apart, use a function that connects once more while the connection is lost. Its error is the cause:
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, HealthState};
/// # use lapin_4 as lapin;
/// # use std::sync::Arc;
/// use lapin::{Connection, ConnectionProperties};
///
/// #[derive(Clone)]
/// struct Broker {
///     connection: Arc<Connection>,
///     uri: String,
/// }
///
/// async fn check_broker(broker: &Broker) -> CheckResult {
///     if !broker.connection.status().connected() {
///         Connection::connect(&broker.uri, ConnectionProperties::default()).await?;
///     }
///     broker.connection.check().await
/// }
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, with = check_broker)]
///     broker: Broker,
/// }
/// ```
///
/// If the broker is not there when your service starts, `Connection::connect` returns the cause, and there is no
/// connection to check yet.
///
/// # Alarms
///
/// If RabbitMQ runs out of memory or disk space, it blocks every connection that publishes: it reads nothing more from
/// them until the alarm is over. In this way, RabbitMQ slows down its publishers, so a blocked connection is at first
/// treated as busy. If it stays blocked for longer than `max_age`, the check fails, because none of its messages arrive
/// while it is blocked.
///
/// A connection that only consumes is never blocked, so its check stays healthy during an alarm.
///
/// # What it does not detect
///
/// - Missing queues, exchanges or permissions.
/// - Consumers that were cancelled, and channels that were closed. To detect a closed channel, also check the
///   [`Channel`](HealthCheck#impl-HealthCheck-for-Channel).
/// - An alarm that started after the connection last published.
///
/// # Cancel safety
///
/// If a run is aborted, lapin still receives the answer and ignores it. The channel of the check stays open until the
/// connection ends or the engine shuts down. A connection that you drop without `close` stays open as long.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use health_runtime::HealthState;
/// # use lapin_4 as lapin;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     broker: Arc<lapin::Connection>,
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "lapin-4")))]
impl HealthCheck for Connection {
    async fn check(&self) -> CheckResult {
        let status = self.status();
        if let Some(problem) = lost(status) {
            return Err(problem.into());
        }
        if status.blocked() {
            return Ok(blocked());
        }
        let (patience, own) = (patience(), Own::of(self));
        let is_open = own.channel().is_some();
        match within(patience, own.ask(self)).await {
            Some(Ok(())) => {
                let outcome = Outcome::healthy().detail("vhost", status.vhost().to_string());
                Ok(outcome.detail("heartbeat_s", self.configuration().heartbeat()))
            }
            Some(Err(error)) => match error.kind() {
                ErrorKind::ChannelsLimitReached => {
                    let all = self.configuration().channel_max();
                    Ok(Outcome::exhausted(format!(
                        "all {all} channels of the connection are in use"
                    )))
                }
                _ => Err(lost(status).map_or_else(|| error.into(), Into::into)),
            },
            // A blocked connection gets no answers. It may have been blocked during the run.
            None if status.blocked() => Ok(blocked()),
            None => {
                let request = if is_open { "channel.flow" } else { "channel.open" };
                Err(unanswered(request, patience.as_millis()).into())
            }
        }
    }
}

/// The channel of the check. It is opened once and not in each run: if a `channel.open` has been given up on, lapin 4
/// waits for a lock that it holds itself when it recovers the connection, and the connection never works again.
#[derive(Default)]
struct Own(Mutex<Option<Channel>>);

impl Own {
    fn of(connection: &Connection) -> Arc<Self> {
        kept(Box::new(Kept {
            address: ptr::from_ref(connection).addr(),
            status: connection.status().clone(),
        }))
    }

    /// The channel, if it is open or lapin recovers it.
    fn channel(&self) -> Option<Channel> {
        let channel = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        channel.filter(|channel| channel.status().connected() || channel.status().reconnecting())
    }

    async fn ask(&self, connection: &Connection) -> Result<(), Error> {
        let Some(channel) = self.channel() else {
            let channel = connection.create_channel().await?; // its answer is one of the broker, too
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
            return Ok(());
        };
        channel
            .channel_flow(ChannelFlowOptions { active: true })
            .await
            .map(drop)
    }
}

/// The connection that a channel is kept for.
struct Kept {
    address: usize,
    status: ConnectionStatus,
}

impl Owner for Kept {
    fn address(&self) -> usize {
        self.address
    }

    fn is_alive(&self) -> bool {
        !self.status.closed() && !self.status.errored()
    }
}

/// Checks that RabbitMQ answers over this channel.
///
/// A run sends `channel.flow` with `active = true` and waits for the answer, which is one round trip. This request asks
/// the broker to send deliveries, which it does anyway. The broker answers the requests of a channel in order, so the
/// answer comes after everything that was published over the channel before.
///
/// | what it finds | result |
/// |---|---|
/// | the broker answers | healthy |
/// | no answer within 3/4 of the check's timeout, because the broker hangs, or has blocked the connection (a memory or disk alarm) | unhealthy, `error` |
/// | the channel is closed, its connection is lost, or lapin is reconnecting | unhealthy, `error` |
///
/// Use this check in addition to that of the [`Connection`](HealthCheck#impl-HealthCheck-for-Connection) if the service
/// depends on one channel. A broker closes a channel when a request on it fails, for example when a queue is declared
/// again with other arguments, or when a message is acknowledged twice. The consumers of the channel then end, but the
/// connection and its other channels continue to work. lapin does not open the channel again unless automatic recovery
/// is enabled.
///
/// lapin does not report whether a channel is blocked, so an alarm is reported as a missing answer. The documentation
/// of the check of the `Connection` describes alarms, and what to do about a lost connection.
///
/// Details, if the check is healthy: `channel`, which is the number that `rabbitmqctl list_channels number` shows.
///
/// Feature: `lapin-4`.
///
/// # Cost
///
/// If the check runs outside of an engine, it waits for up to 1 s.
///
/// RabbitMQ does not support pausing a channel by `channel.flow`. If your broker does, and if your service uses it,
/// each run resumes the channel. In that case, check the connection instead.
///
/// # What it does not detect
///
/// - Missing queues, exchanges or permissions.
/// - Consumers that were cancelled, for example because their queue was deleted.
///
/// # Cancel safety
///
/// If a run is aborted, lapin still receives the answer and ignores it.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// # use lapin_4 as lapin;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     orders: lapin::Channel,
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "lapin-4")))]
impl HealthCheck for Channel {
    async fn check(&self) -> CheckResult {
        let status = self.status();
        if let Some(problem) = closed(status) {
            return Err(problem.into());
        }
        let patience = patience();
        let asked = self.channel_flow(ChannelFlowOptions { active: true });
        match within(patience, asked).await {
            Some(Ok(_)) => Ok(Outcome::healthy().detail("channel", self.id())),
            Some(Err(error)) => Err(closed(status).map_or_else(|| error.into(), Into::into)),
            None => Err(unanswered("channel.flow", patience.as_millis()).into()),
        }
    }
}

/// Why the connection cannot be used.
fn lost(status: &ConnectionStatus) -> Option<&'static str> {
    if status.connected() {
        None
    } else if status.reconnecting() || status.connecting() {
        // `Connection::connect` only returns open connections, so `connecting` also means that the connection was lost.
        Some("the connection is lost, and lapin is reconnecting")
    } else if status.errored() {
        Some("the connection is lost, and lapin does not reconnect it")
    } else if status.closing() || status.closed() {
        Some("the connection is closed")
    } else {
        Some("the connection is not open yet")
    }
}

/// Why the channel cannot be used.
fn closed(status: &ChannelStatus) -> Option<&'static str> {
    if status.connected() {
        None
    } else if status.reconnecting() {
        Some("the connection of the channel is lost, and lapin is reconnecting")
    } else if status.initializing() {
        Some("the channel is not open yet")
    } else {
        Some("the channel is closed, or its connection is lost")
    }
}

fn blocked() -> Outcome {
    Outcome::exhausted("the broker has blocked the connection because of a memory or disk alarm")
}

fn unanswered(request: &str, waited: u128) -> String {
    format!("connected, but `{request}` got no answer within {waited} ms")
}
