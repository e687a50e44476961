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
    /// Returns a stream of all changes of checks from now on, in order. You can use it for notifications, for an audit
    /// trail, or to switch to a fallback.
    ///
    /// The same changes are written to [the log](crate::_documentation::log). The first result of a check is also
    /// reported as a change, from the reason `pending`. The stream does not contain changes that happened before you
    /// subscribed. If you also need the current state, create a [`report`](Self::report) after you have subscribed.
    /// This way, you do not miss a change between the two calls.
    ///
    /// If a reader falls more than 256 changes behind, it loses the oldest ones. In that case, it receives a
    /// [`HealthEvent::Missed`] with the number of lost changes.
    ///
    /// The stream does not keep the engine alive, and it ends when the engine shuts down. If a task reads the stream
    /// until its end, pass only the stream to that task. Do not pass it a `Health`, because then the engine stays alive
    /// while the task waits for the end of the stream, and neither of them ever ends.
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

    /// Returns a [`ProbeWatch`] with which you can read the state of a probe and wait until it changes. You can use it,
    /// for example, in a consumer that takes no jobs until the service is ready, or for a liveness metric. The watched
    /// state is the same as in the answer of the probe, with a delay of at most 50 ms.
    ///
    /// Readiness, startup and health do not pass until the service has probes. A service has probes once it has a
    /// [`router`](Self::router), [`probes`](Self::probes) or an internal port. If your service does not use HTTP, call
    /// `probes` once and drop the result. As with [`subscribe`](Self::subscribe), pass only the watch to a task, and
    /// not a `Health`.
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

/// An event in the stream of [`Health::subscribe`]. More kinds of events may be added in the future.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HealthEvent {
    /// The published status or reason of a check has changed.
    Check(Transition),
    /// The reader was too slow, so this many events were lost before the next one.
    Missed(u64),
}

/// A stream of the changes of all checks. It is returned by [`Health::subscribe`]. The [`Stream`] ends when the engine
/// shuts down.
#[must_use = "a stream does nothing unless it is read"]
pub struct Events(BoxStream<'static, HealthEvent>);

impl Events {
    /// Waits for the next event and returns it, or returns `None` once the engine has shut down.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no event is lost.
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

/// A view of the current state of a probe. It is returned by [`Health::watch`].
///
/// A clone waits for changes independently of the original. A `ProbeWatch` does not keep the engine alive.
#[derive(Clone, Debug)]
pub struct ProbeWatch {
    probe: Probe,
    verdict: watch::Receiver<State>,
}

impl ProbeWatch {
    /// Returns the probe that is watched.
    pub fn probe(&self) -> Probe {
        self.probe
    }

    /// Returns `true` if the probe succeeds. A degraded probe succeeds too.
    pub fn passes(&self) -> bool {
        self.status().passes()
    }

    /// Returns the current status. Once the engine has shut down, the status is unhealthy, with the reason `cancelled`.
    pub fn status(&self) -> Status {
        self.verdict.borrow().status
    }

    /// Returns the reason why the service itself fails this probe, regardless of its checks. It is one of `draining`,
    /// `stalled`, `held`, `starting` and `not_serving`, or `cancelled` once the engine has shut down. Returns `None` if
    /// the service itself does not fail the probe.
    pub fn reason(&self) -> Option<Reason> {
        self.verdict.borrow().reason
    }

    /// Waits until the status or the reason has changed since the last call, or since this watch was created. Returns
    /// the new status, or `None` once the engine has shut down. If the state changes and then changes back before this
    /// method reads it, the change may be missed.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no change is lost.
    pub async fn changed(&mut self) -> Option<Status> {
        self.verdict.changed().await.ok()?;
        Some(self.verdict.borrow_and_update().status)
    }
}
