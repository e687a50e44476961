//! Whether the runtime of the checks still runs new tasks.
//!
//! The pacemaker sends a beat through the runtime every [`PERIOD`]. If no beat arrives for too long, the runtime is
//! stalled. This is measured in awake time, so that a process that was stopped does not count as stalled.

use std::time::Duration;

/// How often a beat is sent.
const PERIOD: Duration = Duration::from_millis(250);

/// All times are awake times.
#[derive(Debug, Default)]
pub(super) struct StallWatch {
    /// If no beat arrives for this long, the runtime is stalled. `None`: nobody watches the runtime.
    limit: Option<Duration>,
    /// When the last beat arrived.
    last: Duration,
    /// When the beat under way was sent; `None` if no beat is under way.
    sent: Option<Duration>,
    /// How long the last beat took to arrive.
    lag: Duration,
}

impl StallWatch {
    /// Begins to watch the runtime, unless it is watched already.
    pub(super) fn watch(&mut self, limit: Duration, awake: Duration) {
        if self.limit.is_none() {
            *self = Self {
                limit: Some(limit),
                last: awake,
                ..Self::default()
            };
        }
    }

    /// Whether the caller has to send a beat now. At most one beat is under way, so that a blocked runtime does not
    /// collect beats.
    pub(super) fn sends(&mut self, awake: Duration) -> bool {
        let is_due = self.limit.is_some() && self.sent.is_none() && awake >= self.last + PERIOD;
        if is_due {
            self.sent = Some(awake);
        }
        is_due
    }

    /// Notes that the beat has arrived.
    pub(super) fn beat(&mut self, awake: Duration) {
        if let Some(sent) = self.sent.take() {
            self.lag = awake.saturating_sub(sent);
            self.last = awake;
        }
    }

    /// How long until the runtime is stalled, if no beat arrives. Zero if it is stalled already; `None` if nobody
    /// watches it.
    pub(super) fn left(&self, awake: Duration) -> Option<Duration> {
        Some((self.last + self.limit?).saturating_sub(awake))
    }

    pub(super) fn is_stalled(&self, awake: Duration) -> bool {
        self.left(awake).is_some_and(|left| left.is_zero())
    }

    /// How long the runtime takes to run a new task: how long the last beat took, or how long the beat under way has
    /// taken, whichever is longer. `None` if nobody watches the runtime.
    pub(super) fn lag(&self, awake: Duration) -> Option<Duration> {
        let under_way = self.sent.map(|sent| awake.saturating_sub(sent));
        self.limit.map(|_| self.lag.max(under_way.unwrap_or_default()))
    }
}
