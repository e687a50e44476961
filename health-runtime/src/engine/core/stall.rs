//! Whether the runtime that the checks run on still runs what it is given.
//!
//! The pacemaker hands it a beat every [`PERIOD`]. Silence is measured in awake time, so that no process is dead for
//! having been stopped.

use std::time::Duration;

/// How often a beat is sent.
const PERIOD: Duration = Duration::from_millis(250);

/// All times are awake times.
#[derive(Debug, Default)]
pub(super) struct Heart {
    /// So long a silence is a stall; `None`: nobody watches.
    limit: Option<Duration>,
    /// When the last beat arrived.
    last: Duration,
    /// When the one that is under way was sent.
    sent: Option<Duration>,
    /// How long the last beat was under way.
    lag: Duration,
}

impl Heart {
    /// Begins to watch, unless somebody does already.
    pub(super) fn watch(&mut self, limit: Duration, awake: Duration) {
        if self.limit.is_none() {
            *self = Self {
                limit: Some(limit),
                last: awake,
                ..Self::default()
            };
        }
    }

    /// Whether a beat is to be sent now. One is under way at most: what is blocked is given no more to do.
    pub(super) fn sends(&mut self, awake: Duration) -> bool {
        let is_due = self.limit.is_some() && self.sent.is_none() && awake >= self.last + PERIOD;
        if is_due {
            self.sent = Some(awake);
        }
        is_due
    }

    /// The beat has arrived.
    pub(super) fn beat(&mut self, awake: Duration) {
        if let Some(sent) = self.sent.take() {
            self.lag = awake.saturating_sub(sent);
            self.last = awake;
        }
    }

    /// How long until it is stalled, if no beat arrives: nothing if it is.
    pub(super) fn left(&self, awake: Duration) -> Option<Duration> {
        Some((self.last + self.limit?).saturating_sub(awake))
    }

    pub(super) fn is_stalled(&self, awake: Duration) -> bool {
        self.left(awake).is_some_and(|left| left.is_zero())
    }

    /// How long the runtime takes to run something new, if that is watched: at least as long as the beat is under way.
    pub(super) fn lag(&self, awake: Duration) -> Option<Duration> {
        let under_way = self.sent.map(|sent| awake.saturating_sub(sent));
        self.limit.map(|_| self.lag.max(under_way.unwrap_or_default()))
    }
}
