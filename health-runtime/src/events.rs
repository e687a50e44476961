//! [`Events`], the changes of all checks, and [`ProbeWatch`], the state of one probe.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, Stream, StreamExt, unfold};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::engine::State;
use crate::health::Health;
use crate::outcome::{Reason, Status};
use crate::report::Transition;
use crate::spec::Probe;

impl Health {
    /// Returns a stream of all changes of checks from now on, in the order in which they happen. This is useful for
    /// sending notifications, keeping an audit trail, or switching to a fallback.
    ///
    /// The same changes are written to [the log](crate::_documentation::log). The first result of a check is also a
    /// change, from the reason `pending`. Changes that happened before you subscribed are not part of the stream. If
    /// you also need the current state, subscribe first and create a [`report`](Self::report) afterwards, so that no
    /// change is lost in between.
    ///
    /// A reader that falls more than 256 changes behind loses the oldest ones. In that case, it receives a
    /// [`HealthEvent::Missed`] with the number of changes it has lost.
    ///
    /// The stream does not keep the engine alive, and it ends when the engine shuts down. If you spawn a task that
    /// reads the stream to its end, move only the stream into the task and not a `Health` as well. Otherwise, the task
    /// keeps the engine alive while waiting for it to shut down, and neither of them ever finishes.
    ///
    /// ```no_run
    /// # use health_runtime::{Events, Health, HealthEvent};
    /// # fn start(health: &Health) {
    /// tokio::spawn(notify(health.subscribe()));
    /// # }
    ///
    /// async fn notify(mut events: Events) {
    ///     while let Some(event) = events.next().await {
    ///         match event {
    ///             HealthEvent::Check(transition) => println!("{}: {}", transition.check, transition.to),
    ///             HealthEvent::Missed(count) => println!("{count} transitions were missed"),
    ///             _ => {}
    ///         }
    ///     }
    /// }
    /// ```
    pub fn subscribe(&self) -> Events {
        let transitions = self.engine.transitions();
        let stream = unfold(transitions, async |mut transitions| {
            let event = match transitions.recv().await {
                Ok(transition) => HealthEvent::Check(transition),
                Err(RecvError::Lagged(count)) => HealthEvent::Missed(count),
                Err(RecvError::Closed) => return None,
            };
            Some((event, transitions))
        });
        Events(stream.boxed())
    }

    /// Returns a [`ProbeWatch`], which lets you read the state of a probe and wait for it to change. For example, a
    /// consumer can use it to take no jobs until the service is ready, or you can export liveness as a metric. The
    /// watch shows the same state as the probe's answer, with a delay of at most 50 ms.
    ///
    /// Readiness, startup and health do not pass until the service has probes, for example a [`router`](Self::router),
    /// [`probes`](Self::probes) or an internal port. If your service does not use HTTP, call `probes` once and drop the
    /// result. As with [`subscribe`](Self::subscribe), move only the watch into a task, and not a `Health`.
    ///
    /// ```no_run
    /// # use health_runtime::{Health, Probe, ProbeWatch};
    /// # fn start(health: &Health) {
    /// tokio::spawn(consume(health.watch(Probe::Readiness)));
    /// # }
    ///
    /// async fn consume(mut readiness: ProbeWatch) {
    ///     while !readiness.passes() {
    ///         if readiness.changed().await.is_none() {
    ///             return; // the engine has ended
    ///         }
    ///     }
    ///     // …
    /// }
    /// ```
    pub fn watch(&self, probe: Probe) -> ProbeWatch {
        ProbeWatch {
            probe,
            verdict: self.engine.watch(probe),
        }
    }
}

/// An event in the stream returned by [`Health::subscribe`]. More kinds of events may be added in the future.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HealthEvent {
    /// The published status or reason of a check has changed.
    Check(Transition),
    /// The reader was too slow, so the given number of events was lost before the next one.
    Missed(u64),
}

/// A stream of the changes of all checks, returned by [`Health::subscribe`]. The [`Stream`] ends when the engine shuts
/// down.
#[must_use = "a stream does nothing unless it is read"]
pub struct Events(BoxStream<'static, HealthEvent>);

impl Events {
    /// Returns the next event, waiting for it if necessary, or `None` once the engine has shut down.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Dropping the future before it completes does not lose any events.
    pub async fn next(&mut self) -> Option<HealthEvent> {
        self.0.next().await
    }
}

impl Stream for Events {
    type Item = HealthEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<HealthEvent>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// A view of the current state of a probe, returned by [`Health::watch`].
///
/// Each clone waits for changes independently of the original. A `ProbeWatch` does not keep the engine alive.
#[derive(Clone, Debug)]
pub struct ProbeWatch {
    probe: Probe,
    verdict: watch::Receiver<State>,
}

impl ProbeWatch {
    /// Returns the probe that this watch belongs to.
    pub fn probe(&self) -> Probe {
        self.probe
    }

    /// Returns `true` if the probe succeeds. A degraded probe succeeds too.
    pub fn passes(&self) -> bool {
        self.status().passes()
    }

    /// Returns the current status, which is unhealthy with the reason `cancelled` once the engine has shut down.
    pub fn status(&self) -> Status {
        self.verdict.borrow().status
    }

    /// Returns the reason why the service itself fails this probe, regardless of its checks: `draining`, `stalled`,
    /// `held`, `starting` or `not_serving`, or `cancelled` once the engine has shut down. Returns `None` if the service
    /// itself does not fail the probe.
    pub fn reason(&self) -> Option<Reason> {
        self.verdict.borrow().reason
    }

    /// Waits until the status or the reason has changed since the last call, or since the watch was created. Returns
    /// the new status, or `None` once the engine has shut down. Note that a change can be missed if the state changes
    /// back before this method reads it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Dropping the future before it completes does not lose any changes.
    pub async fn changed(&mut self) -> Option<Status> {
        self.verdict.changed().await.ok()?;
        Some(self.verdict.borrow_and_update().status)
    }
}
