//! Collects the metrics, from the view and from what the core has counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::engine::{Engine, Time, View};
use crate::report::{CODES, CheckMetrics, Counts, Metrics, ProbeMetrics};
use crate::spec::Probe;

/// How many requests each probe has answered with each of the [`CODES`].
///
/// Every request writes here. With cache lines of its own (two, because processors fetch them in pairs), it does not
/// slow down the reads of what the engine stores next to it.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Requests([[AtomicU64; CODES.len()]; 4]);

impl Requests {
    /// Counts a request for this probe that is answered with this status code.
    #[inline]
    pub(crate) fn count(&self, probe: Probe, code: u16) {
        let place = CODES.iter().position(|known| *known == code);
        if let Some(place) = place {
            self.0[probe as usize][place].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn of(&self, probe: Probe) -> [u64; CODES.len()] {
        self.0[probe as usize]
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed))
    }
}

impl Engine {
    /// The metrics now. Waits for nothing, and runs no check.
    pub(crate) fn metrics(self: &Arc<Self>) -> Metrics {
        let view = self.view();
        let counts = self.lock().counts();
        let standing = &view.standing;
        let wall = self.clock.wall(standing.at);
        let date = |then: Time| wall.checked_sub(standing.at.saturating_sub(then)).unwrap_or(wall);
        let checks = counts.into_iter().enumerate();
        Metrics {
            service: self.service.name.clone(),
            version: self.service.version.clone(),
            phase: standing.phase,
            probes: Probe::ALL.map(|probe| self.probe_metrics(&view, probe)),
            drain: self.service.drain,
            lag: standing.lag,
            stalled: standing.lag.map(|_| standing.stalled),
            checks: checks
                .map(|(index, counts)| self.check_metrics(&view, index, counts, date))
                .collect(),
        }
    }

    fn probe_metrics(&self, view: &View, probe: Probe) -> ProbeMetrics {
        let state = view.verdict(probe);
        ProbeMetrics {
            probe,
            status: state.status,
            reason: state.reason,
            requests: self.requests.of(probe),
        }
    }

    fn check_metrics(
        &self,
        view: &View,
        index: usize,
        counts: Counts,
        date: impl Fn(Time) -> SystemTime,
    ) -> CheckMetrics {
        let (spec, state, last) = (&self.plans[index].spec, view.brief(index).state, view.last_run(index));
        CheckMetrics {
            name: spec.name.clone(),
            critical: spec.is_critical_in(Probe::Health),
            status: state.status,
            reason: state.reason,
            cause: view.cause(index).map(|cause| self.plans[cause].spec.name.clone()),
            last_success: last.succeeded.map(|at| date(at.time())),
            counts,
            details: last.said.as_ref().and_then(|said| said.details.clone()),
        }
    }
}
