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
    /// A stream of all changes of checks from now on, in order. Use it for notifications, an audit trail, or a switch
    /// to a fallback.
    ///
    /// [The log](crate::_documentation::log) has the same changes. The first result of a check is a change too, from
    /// `pending`. The stream does not contain earlier changes. For the state before, make a [`report`](Self::report)
    /// after you have subscribed, so that you miss no change between the two.
    ///
    /// If a reader is more than 256 changes behind, it loses the oldest ones, and gets a [`HealthEvent::Missed`] with
    /// their number.
    ///
    /// The stream does not keep the engine alive, and ends with the engine. Give the stream to a task, and not a
    /// `Health`: with a `Health`, the engine stays alive as long as the task waits for the end of the stream.
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

    /// The state of a probe, to read it or to wait for a change. Use it for a consumer that takes no jobs until the
    /// service is ready, or for a metric of liveness. The state is that of the answer of the probe, at most 50 ms
    /// later.
    ///
    /// Readiness, startup and health never pass before the service has probes: a [`router`](Self::router),
    /// [`probes`](Self::probes) or an internal port. A service without HTTP calls `probes` once, and drops the result.
    /// As with [`subscribe`](Self::subscribe), give the watch to a task, and not a `Health`.
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

/// An event of [`Health::subscribe`]. More kinds may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HealthEvent {
    /// A check's published status or reason has changed.
    Check(Transition),
    /// The reader was too slow. This many events were lost before the next one.
    Missed(u64),
}

/// The changes of all checks, from [`Health::subscribe`]. A [`Stream`] that ends with the engine.
#[must_use = "a stream does nothing unless it is read"]
pub struct Events(BoxStream<'static, HealthEvent>);

impl Events {
    /// The next event, or `None` once the engine has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no event.
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

/// The state of a probe, from [`Health::watch`]. A clone waits for changes on its own. It does not keep the engine
/// alive.
#[derive(Clone, Debug)]
pub struct ProbeWatch {
    probe: Probe,
    verdict: watch::Receiver<State>,
}

impl ProbeWatch {
    /// The probe that is watched.
    pub fn probe(&self) -> Probe {
        self.probe
    }

    /// Whether the probe succeeds. A degraded one succeeds.
    pub fn passes(&self) -> bool {
        self.status().passes()
    }

    /// The status now. Once the engine has ended, it is unhealthy (`cancelled`).
    pub fn status(&self) -> Status {
        self.verdict.borrow().status
    }

    /// Why the service fails this probe, whatever the checks report: `draining`, `stalled`, `held`, `starting` or
    /// `not_serving`. Once the engine has ended: `cancelled`.
    pub fn reason(&self) -> Option<Reason> {
        self.verdict.borrow().reason
    }

    /// Waits until the status or the reason has changed since the last call, or since this watch was made. Returns the
    /// new status, or `None` once the engine has ended. If the state changes and changes back in between, the change
    /// may be missed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no change.
    pub async fn changed(&mut self) -> Option<Status> {
        self.verdict.changed().await.ok()?;
        Some(self.verdict.borrow_and_update().status)
    }
}
