//! lapin: the checks of a connection to RabbitMQ, and of one of its channels.

use lapin_4::options::ChannelFlowOptions;
use lapin_4::{Channel, ChannelStatus, Connection, ConnectionStatus, ErrorKind};

use crate::check::HealthCheck;
use crate::current_run::{patience, within};
use crate::outcome::{CheckResult, Outcome};

/// Checks that RabbitMQ answers over this connection, and that it has not blocked the connection.
///
/// | what it finds | result |
/// |---|---|
/// | the broker opens a channel | healthy |
/// | the broker has blocked the connection because of a memory or disk alarm | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | all channels of the connection are in use | degraded, `saturated`; after `max_age`, unhealthy, `exhausted` |
/// | the broker does not answer | unhealthy, `error` |
/// | the connection is lost or closed, or lapin is reconnecting | unhealthy, `error` |
///
/// A healthy outcome has the details `vhost` and `heartbeat_s`, which is the interval of the heartbeats in seconds.
///
/// `Connection::status` alone is not enough to find out whether the broker works. If the broker hangs or the network
/// drops every packet, the connection stays `Connected` until a heartbeat is missing, which takes two minutes with the
/// default settings of RabbitMQ.
///
/// # A lost connection
///
/// By default, lapin does not reconnect. A connection that was lost once stays lost, and the check stays unhealthy even
/// if the broker is back. There are three ways out:
///
/// - Call `enable_auto_recover` on the `ConnectionProperties`. lapin then reconnects, also if the broker has refused
///   its password in the meantime, and the check becomes healthy again. Note that lapin gives up after 16 attempts
///   unless you call `configure_backoff` as well.
/// - Open a new connection in your service, and replace the old one. Since the check is bound to one connection, write
///   a `with` function that loads the current one and calls `check` on it.
/// - Let the liveness probe restart the process, with `liveness` and `restart_helps = "lapin does not reconnect"`. Keep
///   in mind that the process is then also restarted while the broker is down, and that it needs the broker to start.
///
/// lapin keeps neither the reason why it has lost a connection nor the address of the broker, so the message cannot
/// contain the cause. Without automatic recovery, `Connection::events_listener` reports it. If the broker is not there
/// when your service starts, `Connection::connect` returns the cause, and there is no connection to check yet.
///
/// # Alarms
///
/// If RabbitMQ runs out of memory or disk space, it blocks every connection that publishes: it no longer reads from
/// them until the alarm is over. This is how RabbitMQ slows down its publishers, so a blocked connection is treated as
/// busy at first. It only fails the check if it stays blocked for longer than
/// [`max_age`](crate::CheckSpec::max_age), because none of its messages arrive while it is blocked.
///
/// A connection that only consumes is never blocked, so its check stays healthy during an alarm.
///
/// # Cost
///
/// A run sends `channel.open` and waits for the answer, which is one round trip. It then closes the channel without
/// waiting. Nothing is declared, published or consumed, so the user needs no permissions.
///
/// The connection needs one free channel. Note that if the user has a `max-channels` limit, RabbitMQ closes the whole
/// connection when the limit is exceeded, so choose the limit one higher than what your service needs.
///
/// # What it does not detect
///
/// - Queues or exchanges that are missing, and permissions.
/// - Consumers that were cancelled, and channels that were closed. To detect a closed channel, check the
///   [`Channel`](HealthCheck#impl-HealthCheck-for-Channel) as well.
/// - An alarm that started after the connection last published.
///
/// # Cancel safety
///
/// If a run is cut off, lapin still receives the answer and closes the channel. While the broker does not answer, each
/// run leaves behind one channel that is not open yet. These channels end with the answer or with the connection.
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
        let patience = patience();
        match within(patience, self.create_channel()).await {
            Some(Ok(channel)) => {
                drop(channel); // closes it, without waiting for the answer
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
            // A connection that is blocked gets no answers. It may have been blocked just now.
            None if status.blocked() => Ok(blocked()),
            None => Err(unanswered("channel.open", patience.as_millis()).into()),
        }
    }
}

/// Checks that RabbitMQ answers over this channel.
///
/// | what it finds | result |
/// |---|---|
/// | an answer | healthy |
/// | no answer: the broker hangs, or it has blocked the connection because of a memory or disk alarm | unhealthy, `error` |
/// | the channel is closed, or its connection is lost, or lapin is reconnecting | unhealthy, `error` |
///
/// A healthy outcome has the detail `channel`, which is the number that `rabbitmqctl list_channels number` shows.
///
/// A broker closes a channel when a request on it fails, for example when a queue is declared again with other
/// arguments, or when a message is acknowledged twice. The consumers of the channel then end. lapin does not open the
/// channel again, unless automatic recovery is enabled. The connection and its other channels are not affected, so this
/// check finds more than that of a [`Connection`](HealthCheck#impl-HealthCheck-for-Connection), which is described
/// there in the sections on lost connections and on alarms. Unlike a connection, a channel does not tell whether it is
/// blocked, so an alarm is reported as a missing answer.
///
/// # Cost
///
/// A run sends `channel.flow` with `active = true`, which asks for the deliveries that the channel gets anyway, and
/// waits for the answer. This is one round trip. The broker answers the requests of a channel in order, so the answer
/// comes after everything that was published over the channel before.
///
/// RabbitMQ does not support pausing a channel by `channel.flow`. If your broker does, and if your service uses it,
/// each run resumes the channel. In that case, check the connection instead.
///
/// # What it does not detect
///
/// - Queues or exchanges that are missing, and permissions.
/// - Consumers that were cancelled, for example because their queue was deleted.
///
/// # Cancel safety
///
/// If a run is cut off, lapin still receives the answer and ignores it.
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
        // Nobody has a connection before it was open once.
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
