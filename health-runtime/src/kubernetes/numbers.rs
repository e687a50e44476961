//! The numbers of the three probes: chosen so that they fit the declaration.

use std::time::Duration;

use crate::kubernetes::options::Kubernetes;
use crate::kubernetes::times::{
    PROPAGATION, least_drain, least_restart, least_startup, least_timeout, noticed_after, restarted_no_sooner_than,
    seconds,
};
use crate::spec::Probe;

/// How much longer than necessary the kubelet waits for an answer, in seconds: a busy node is slow.
const PATIENCE: u32 = 1;

/// How often the startup probe asks, in seconds. It is short, because the service gets no request before it passes.
const STARTUP_PERIOD: u32 = 2;

/// How long the start may take if nobody says otherwise.
const START: Duration = Duration::from_secs(300);

/// How often the liveness probe asks, in seconds. This is the default of Kubernetes.
const LIVENESS_PERIOD: u32 = 10;

/// How many failures in a row make the kubelet act, if the times permit it. This is the default of Kubernetes.
const FAILURES: u32 = 3;

/// The longest period of the readiness probe that is chosen, in seconds. A probe costs little, and requests fail until
/// the kubelet has noticed.
const READINESS_PERIOD: u32 = 5;

/// The times of a probe, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) period: u32,
    pub(crate) timeout: u32,
    pub(crate) failure_threshold: u32,
}

impl Numbers {
    /// See [`noticed_after`].
    pub(super) fn noticed_after(self) -> Duration {
        noticed_after(self.period, self.failure_threshold, self.timeout)
    }

    /// How long it takes at most until the kubelet has noticed that the probe passes again.
    pub(super) fn passes_after(self) -> Duration {
        noticed_after(self.period, 1, self.timeout)
    }
}

impl Kubernetes {
    /// How long the start may take.
    pub(super) fn start(&self) -> Duration {
        self.start_within.unwrap_or(START).max(least_startup(&self.declaration))
    }

    /// Long enough for the start.
    pub(super) fn startup(&self) -> Numbers {
        let start = seconds(self.start());
        Numbers {
            period: STARTUP_PERIOD,
            timeout: self.timeout(Probe::Startup),
            failure_threshold: start.div_ceil(STARTUP_PERIOD),
        }
    }

    /// Slow enough for `stalled_after`: the threshold grows, and the period stays.
    pub(super) fn liveness(&self) -> Numbers {
        let (timeout, least) = (self.timeout(Probe::Liveness), least_restart(&self.declaration));
        let is_slow = |failures: &u32| restarted_no_sooner_than(LIVENESS_PERIOD, *failures, timeout) >= least;
        Numbers {
            period: LIVENESS_PERIOD,
            timeout,
            failure_threshold: (FAILURES..u32::MAX).find(is_slow).unwrap_or(u32::MAX),
        }
    }

    /// Fast enough for the drain, if that is possible.
    pub(super) fn readiness(&self) -> Numbers {
        let left = self.declaration.service.drain.saturating_sub(PROPAGATION);
        let left = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
        // One lost answer is no reason to lose the pod. So with a short drain, the period shrinks before the threshold.
        let failures = if left < FAILURES * 2 { 2 } else { FAILURES };
        let period = self.period.unwrap_or((left / failures).clamp(1, READINESS_PERIOD));
        Numbers {
            period,
            timeout: self.timeout(Probe::Readiness),
            failure_threshold: (left / period).clamp(1, failures),
        }
    }

    /// The drain that the readiness probe needs.
    pub(super) fn needed_drain(&self) -> Duration {
        let readiness = self.readiness();
        least_drain(readiness.period, readiness.failure_threshold)
    }

    /// How long the kubelet waits for an answer.
    fn timeout(&self, probe: Probe) -> u32 {
        least_timeout(&self.declaration, probe) + PATIENCE
    }
}
