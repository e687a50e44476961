//! The senders of tokio's `mpsc` channels: the check fails once there is no receiver.

use tokio::sync::mpsc::{Sender, UnboundedSender};

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};

/// Checks that the channel still has a receiver, and that the channel is not full.
///
/// Each run reads a few atomic numbers. It never waits, sends nothing and does not take up a place in the channel.
///
/// | what it finds | result |
/// |---|---|
/// | the channel has a receiver, and a message still fits | healthy |
/// | the channel is full, so `send` has to wait | degraded, `saturated` |
/// | the receiver was dropped, or it has closed the channel | unhealthy, `error` |
///
/// Details: `capacity`, which is the number of messages that fit into the channel, and `free`, which is the number of
/// messages that still fit. A permit that was reserved with `reserve` takes up a place, even before its message is
/// sent.
///
/// Feature: none is needed.
///
/// A full channel is only degraded, because this is how a bounded channel slows down its senders. The check looks at
/// the channel once in each run, so it cannot distinguish a channel that is full because its consumer hangs from one
/// that is full under load. To detect a consumer that hangs, use a [`Heartbeat`](crate::Heartbeat).
///
/// If the receiver is gone, only a restart brings it back, so the check can be used in the liveness probe.
///
/// The state holds a sender for as long as the engine runs. If your consumer ends when all senders have been dropped,
/// this sender keeps it running.
///
/// See the documentation of [`Sender::is_closed`] and [`Sender::capacity`] for what exactly tokio reports.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use tokio::sync::mpsc::{Sender, channel};
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// Orders that wait to be sent to the warehouse.
///     #[health_check(liveness, readiness)]
///     orders: Sender<Order>,
/// }
///
/// struct Order;
///
/// let (sender, receiver) = channel(100);
/// let state = AppState { orders: sender };
/// ```
impl<T: Send + 'static> HealthCheck for Sender<T> {
    async fn check(&self) -> CheckResult {
        if self.is_closed() {
            return Err(GONE.into());
        }
        let (capacity, free) = (self.max_capacity(), self.capacity());
        let outcome = if free > 0 {
            Outcome::healthy()
        } else {
            Outcome::saturated(format!("the channel is full: it has room for {capacity} messages"))
        };
        Ok(outcome.detail("capacity", capacity).detail("free", free))
    }
}

impl<T: Send + 'static> InProcess for Sender<T> {}

/// Checks that the channel still has a receiver. An unbounded channel is never full.
///
/// The check is unhealthy (`error`) once the receiver was dropped or has closed the channel. There are no details. In
/// all other respects, it works like the check of [`Sender`].
impl<T: Send + 'static> HealthCheck for UnboundedSender<T> {
    async fn check(&self) -> CheckResult {
        if self.is_closed() {
            return Err(GONE.into());
        }
        Ok(Outcome::healthy())
    }
}

impl<T: Send + 'static> InProcess for UnboundedSender<T> {}

const GONE: &str = "the channel is closed: its receiver was dropped, or has closed it";

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{channel, unbounded_channel};

    use super::*;
    use crate::outcome::{Reason, Status};

    async fn shown(check: &impl HealthCheck) -> (Status, Option<Reason>, Vec<String>) {
        let outcome = check.check().await.expect("the channel is open");
        let details = outcome.details().iter();
        let details = details.map(|detail| format!("{}={}", detail.name, detail.value));
        (outcome.status(), outcome.reason(), details.collect())
    }

    fn details(capacity: u32, free: u32) -> Vec<String> {
        vec![format!("capacity={capacity}"), format!("free={free}")]
    }

    #[tokio::test]
    async fn a_full_channel_is_saturated_until_its_receiver_takes_a_message() {
        let (sender, mut receiver) = channel(2);
        assert_eq!(shown(&sender).await, (Status::Healthy, None, details(2, 2)));
        sender.try_send(1).expect("there is room");
        assert_eq!(shown(&sender).await, (Status::Healthy, None, details(2, 1)));
        let reserved = sender.try_reserve().expect("there is room");
        let full = (Status::Degraded, Some(Reason::Saturated), details(2, 0));
        assert_eq!(shown(&sender).await, full);
        reserved.send(2);
        assert_eq!(shown(&sender).await, full);
        receiver.recv().await.expect("a message waits");
        assert_eq!(shown(&sender).await, (Status::Healthy, None, details(2, 1)));
    }

    #[tokio::test]
    async fn a_channel_without_a_receiver_fails() {
        let (sender, receiver) = channel::<()>(1);
        sender.try_send(()).expect("there is room");
        drop(receiver);
        assert_eq!(sender.check().await.unwrap_err().to_string(), GONE);

        let (sender, mut receiver) = channel::<()>(1);
        receiver.close();
        assert_eq!(sender.check().await.unwrap_err().to_string(), GONE);
    }

    #[tokio::test]
    async fn an_unbounded_channel_fails_once_its_receiver_is_gone() {
        let (sender, mut receiver) = unbounded_channel();
        for i in 0..1_000 {
            sender.send(i).expect("it is open");
        }
        assert_eq!(shown(&sender).await, (Status::Healthy, None, Vec::new()));
        receiver.close();
        assert_eq!(sender.check().await.unwrap_err().to_string(), GONE);
    }

    #[test]
    fn both_senders_are_in_process_even_if_their_messages_are_not_sync() {
        fn in_process<T: InProcess>() {}
        in_process::<Sender<std::cell::Cell<u8>>>();
        in_process::<UnboundedSender<std::cell::Cell<u8>>>();
    }
}
