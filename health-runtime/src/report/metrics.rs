//! [`Metrics`]: the numbers about a service at one point in time, independent of how they are written.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::detail::Detail;
use crate::outcome::{Reason, Status};
use crate::report::Phase;
use crate::spec::Probe;

/// The upper bounds of the buckets for the durations of runs. The default timeout is 2 s, and probes wait for 800 ms.
const BOUNDS: [Duration; 8] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(25),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(10),
];

/// The status codes with which probes answer.
pub(crate) const CODES: [u16; 5] = [200, 503, 404, 405, 401];

/// The numbers about a service.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) service: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) phase: Phase,
    /// For each probe, in the order of `Probe::ALL`.
    pub(crate) probes: [ProbeMetrics; 4],
    /// How long the listener stays open after the drain has begun.
    pub(crate) drain: Duration,
    /// How long the runtime takes to run a new task, if the runtime is watched.
    pub(crate) lag: Option<Duration>,
    /// Whether the runtime runs no task at all, if the runtime is watched.
    pub(crate) stalled: Option<bool>,
    /// For each check, in the order of declaration.
    pub(crate) checks: Vec<CheckMetrics>,
}

/// The numbers about a probe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbeMetrics {
    pub(crate) probe: Probe,
    pub(crate) status: Status,
    /// The reason why the service itself fails the probe.
    pub(crate) reason: Option<Reason>,
    /// How many requests were answered with each of the [`CODES`].
    pub(crate) requests: [u64; CODES.len()],
}

/// The numbers about a check.
#[derive(Clone, Debug)]
pub(crate) struct CheckMetrics {
    pub(crate) name: Cow<'static, str>,
    pub(crate) critical: bool,
    pub(crate) status: Status,
    pub(crate) reason: Option<Reason>,
    /// The name of the failing check that causes this failure.
    pub(crate) cause: Option<Cow<'static, str>>,
    pub(crate) last_success: Option<SystemTime>,
    pub(crate) counts: Counts,
    pub(crate) details: Option<Arc<[Detail]>>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunEnd {
    Healthy,
    Degraded,
    Unhealthy,
    Timeout,
    Panic,
    Cancelled,
}

/// What is counted about a check. No number ever decreases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// How many runs ended in each way, in the order of [`RunEnd::ALL`].
    runs: [u64; RunEnd::ALL.len()],
    /// How many runs took at most this long, and longer than the bound before, for each of the [`BOUNDS`].
    buckets: [u64; BOUNDS.len()],
    /// How long all runs took together.
    took: Duration,
    transitions: u64,
    flaps: u64,
}

impl RunEnd {
    pub(crate) const ALL: [Self; 6] = [
        Self::Healthy,
        Self::Degraded,
        Self::Unhealthy,
        Self::Timeout,
        Self::Panic,
        Self::Cancelled,
    ];

    /// How a run ended that had this result.
    fn of(status: Status, reason: Option<Reason>) -> Self {
        match (reason, status) {
            (Some(Reason::Timeout), _) => Self::Timeout,
            (Some(Reason::Panic), _) => Self::Panic,
            (Some(Reason::Cancelled), _) => Self::Cancelled,
            (_, Status::Healthy) => Self::Healthy,
            (_, Status::Degraded) => Self::Degraded,
            (_, Status::Unhealthy) => Self::Unhealthy,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Timeout => "timeout",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Counts {
    /// Counts a finished run.
    pub(crate) fn count_run(&mut self, status: Status, reason: Option<Reason>, took: Duration) {
        self.runs[RunEnd::of(status, reason) as usize] += 1;
        self.took = self.took.saturating_add(took);
        if let Some(bucket) = BOUNDS.iter().position(|bound| took <= *bound) {
            self.buckets[bucket] += 1;
        }
    }

    /// Counts a change of the published state. A flap is a change from passing to failing.
    pub(crate) fn count_transition(&mut self, from: Status, to: Status) {
        self.transitions += 1;
        self.flaps += u64::from(from.passes() && !to.passes());
    }

    /// How many runs have ended in this way.
    pub(crate) fn ended(&self, end: RunEnd) -> u64 {
        self.runs[end as usize]
    }

    /// How many runs have ended.
    pub(crate) fn runs(&self) -> u64 {
        self.runs.iter().sum()
    }

    /// How long all runs took together.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Each of the [`BOUNDS`], and how many runs took at most this long.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let mut sum = 0;
        BOUNDS.into_iter().zip(self.buckets).map(move |(bound, count)| {
            sum += count;
            (bound, sum)
        })
    }

    pub(crate) fn transitions(&self) -> u64 {
        self.transitions
    }

    pub(crate) fn flaps(&self) -> u64 {
        self.flaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_once_in_one_bucket_and_in_all_above() {
        let mut counts = Counts::default();
        for millis in [0, 1, 2, 900, 11_000] {
            counts.count_run(Status::Healthy, None, Duration::from_millis(millis));
        }
        let buckets: Vec<_> = counts.buckets().map(|(_, count)| count).collect();
        assert_eq!(buckets, [2, 3, 3, 3, 3, 4, 4, 4]);
        assert_eq!((counts.runs(), counts.took()), (5, Duration::from_millis(11_903)));
    }

    #[test]
    fn a_run_ends_in_exactly_one_way() {
        let mut counts = Counts::default();
        let unhealthy = [
            Reason::Error,
            Reason::Reported,
            Reason::Timeout,
            Reason::Panic,
            Reason::Cancelled,
        ];
        for reason in unhealthy {
            counts.count_run(Status::Unhealthy, Some(reason), Duration::ZERO);
        }
        counts.count_run(Status::Degraded, Some(Reason::Slow), Duration::ZERO);
        counts.count_run(Status::Healthy, None, Duration::ZERO);
        assert_eq!(RunEnd::ALL.map(|end| counts.ended(end)), [1, 1, 2, 1, 1, 1]);
    }

    #[test]
    fn only_a_change_from_passing_to_failing_is_a_flap() {
        let mut counts = Counts::default();
        counts.count_transition(Status::Unhealthy, Status::Healthy);
        counts.count_transition(Status::Healthy, Status::Degraded);
        counts.count_transition(Status::Degraded, Status::Unhealthy);
        counts.count_transition(Status::Unhealthy, Status::Unhealthy);
        assert_eq!((counts.transitions(), counts.flaps()), (4, 1));
    }
}
