//! What a service can listen to: [`Events`], every transition of a check, and [`ProbeWatch`], what a probe says.

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
    /// Every transition of a check from now on, in order: for notifications, an audit trail, a switch to a fallback.
    ///
    /// [The log](crate::_documentation::log) has the same transitions. A check's first result is one too, from `pending`. What was before stands in a
    /// [`report`](Self::report): make it after subscribing, so that nothing falls in between.
    ///
    /// A reader that lags more than 256 transitions behind loses the oldest, and is told how many. The stream does not
    /// keep the engine alive, and ends with it. Give a task the stream and not a `Health`, which would keep the engine
    /// alive for as long as the task waits for its end.
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

    /// What a probe says, to look at or to wait for: for a consumer that takes no jobs until the service is ready, or a
    /// metric of liveness. It says what the probe answers, at most a twentieth of a second later.
    ///
    /// Readiness, startup and health never pass before the service has probes: a [`router`](Self::router),
    /// [`probes`](Self::probes) or an internal port. A service without HTTP calls `probes` once and drops what it returns. As
    /// with [`subscribe`](Self::subscribe), give a task the watch and not a `Health`.
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

/// Something that has happened, from [`Health::subscribe`]. More kinds may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HealthEvent {
    /// A check's published status or reason has changed.
    Check(Transition),
    /// The reader was too slow: this number of events was lost before the next one.
    Missed(u64),
}

/// The transitions of all checks, from [`Health::subscribe`]: a [`Stream`] that ends with the engine.
#[must_use = "a stream does nothing unless it is read"]
pub struct Events(BoxStream<'static, HealthEvent>);

impl Events {
    /// The next event; `None` once the engine has ended.
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

/// What a probe says, from [`Health::watch`]. Clones watch on their own. Does not keep the engine alive.
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

    /// Whether the probe succeeds: degraded does.
    pub fn passes(&self) -> bool {
        self.status().passes()
    }

    /// The status now; unhealthy (`cancelled`) once the engine has ended.
    pub fn status(&self) -> Status {
        self.verdict.borrow().status
    }

    /// Why the probe fails whatever the checks say: `draining`, `stalled`, `held`, `starting` or `not_serving`; `cancelled`
    /// once the engine has ended.
    pub fn reason(&self) -> Option<Reason> {
        self.verdict.borrow().reason
    }

    /// Waits until the status or the reason is another than when this watch last waited or was made, and returns the
    /// status; `None` once the engine has ended. A change and back in between may go unseen.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no change.
    pub async fn changed(&mut self) -> Option<Status> {
        self.verdict.changed().await.ok()?;
        Some(self.verdict.borrow_and_update().status)
    }
}
