//! Which series there are, and their values.
//!
//! Labels have few values: the names of checks, and words of this crate. The exception is the `key` of a detail. A
//! check has at most 16 details at once. The tenants of `Parts` never become labels, because their number has no bound.

use std::time::{Duration, SystemTime};

use super::family::{
    BUILD, CHECK_REASON, CHECK_STATUS, DETAIL, DRAIN, DURATION, FLAPS, Family, LAG, LAST_SUCCESS, PHASE, REASON,
    REQUESTS, RUNS, STALLED, STATUS, TRANSITIONS,
};
use crate::outcome::Status;
use crate::report::{CODES, Counts, Metrics, Phase, RunEnd};

/// With more checks than this, the histograms have no buckets except the last one. The buckets of 10,000 checks would
/// be 80,000 more series for a Prometheus to keep. Sum and count are left, and with them the mean.
const MOST_WITH_BUCKETS: usize = 1000;

const STATUSES: [Status; 3] = [Status::Healthy, Status::Degraded, Status::Unhealthy];

const PHASES: [Phase; 3] = [Phase::Starting, Phase::Running, Phase::Draining];

/// A name and a value.
pub(crate) type Label<'a> = (&'static str, &'a str);

/// The value of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Integer(u64),
    Float(f64),
    Histogram { counts: &'a Counts, buckets: bool },
}

/// What is done with each series.
pub(crate) trait Sink {
    /// The series that follow belong to this family.
    fn family(&mut self, family: &'static Family);

    fn series(&mut self, labels: &[Label<'_>], value: Value<'_>);
}

/// Passes all series on, one family after the other.
pub(crate) fn list(metrics: &Metrics, sink: &mut impl Sink) {
    service(metrics, sink);
    probes(metrics, sink);
    states_of_checks(metrics, sink);
    runs_of_checks(metrics, sink);
}

fn service(metrics: &Metrics, sink: &mut impl Sink) {
    sink.family(&BUILD);
    let labels = [("service", &*metrics.service), ("version", &*metrics.version)];
    sink.series(&labels, Value::Integer(1));
    sink.family(&PHASE);
    for phase in PHASES {
        let is_present = u64::from(phase == metrics.phase);
        sink.series(&[(PHASE.name, phase.as_str())], Value::Integer(is_present));
    }
    sink.family(&DRAIN);
    sink.series(&[], seconds(metrics.drain));
    sink.family(&LAG);
    if let Some(lag) = metrics.lag {
        sink.series(&[], seconds(lag));
    }
    sink.family(&STALLED);
    if let Some(stalled) = metrics.stalled {
        sink.series(&[], Value::Integer(stalled.into()));
    }
}

fn probes(metrics: &Metrics, sink: &mut impl Sink) {
    sink.family(&STATUS);
    for probe in &metrics.probes {
        for status in STATUSES {
            let labels = [("probe", probe.probe.as_str()), (STATUS.name, status.as_str())];
            sink.series(&labels, Value::Integer((status == probe.status).into()));
        }
    }
    sink.family(&REASON);
    for probe in &metrics.probes {
        if let Some(reason) = probe.reason {
            let labels = [("probe", probe.probe.as_str()), ("reason", reason.as_str())];
            sink.series(&labels, Value::Integer(1));
        }
    }
    sink.family(&REQUESTS);
    for probe in &metrics.probes {
        for (code, count) in CODES.iter().zip(probe.requests) {
            let labels = [("probe", probe.probe.as_str()), ("code", &*code.to_string())];
            sink.series(&labels, Value::Integer(count));
        }
    }
}

fn states_of_checks(metrics: &Metrics, sink: &mut impl Sink) {
    sink.family(&CHECK_STATUS);
    for check in &metrics.checks {
        let [critical, cause] = [
            if check.critical { "true" } else { "false" },
            check.cause.as_deref().unwrap_or(""),
        ];
        for status in STATUSES {
            let labels = [
                ("check", &*check.name),
                ("critical", critical),
                ("cause", cause),
                (CHECK_STATUS.name, status.as_str()),
            ];
            sink.series(&labels, Value::Integer((status == check.status).into()));
        }
    }
    sink.family(&CHECK_REASON);
    for check in &metrics.checks {
        if let Some(reason) = check.reason {
            let labels = [("check", &*check.name), ("reason", reason.as_str())];
            sink.series(&labels, Value::Integer(1));
        }
    }
    sink.family(&LAST_SUCCESS);
    for check in &metrics.checks {
        if let Some(at) = check.last_success {
            sink.series(&[("check", &*check.name)], timestamp(at));
        }
    }
    sink.family(&DETAIL);
    for check in &metrics.checks {
        for detail in check.details.iter().flat_map(|details| details.iter()) {
            if let Some(value) = detail.value.as_f64() {
                let labels = [("check", &*check.name), ("key", &*detail.name)];
                sink.series(&labels, Value::Float(value));
            }
        }
    }
}

fn runs_of_checks(metrics: &Metrics, sink: &mut impl Sink) {
    let buckets = metrics.checks.len() <= MOST_WITH_BUCKETS;
    sink.family(&DURATION);
    for check in &metrics.checks {
        let counts = &check.counts;
        sink.series(&[("check", &*check.name)], Value::Histogram { counts, buckets });
    }
    sink.family(&RUNS);
    for check in &metrics.checks {
        for end in RunEnd::ALL {
            let labels = [("check", &*check.name), ("outcome", end.as_str())];
            sink.series(&labels, Value::Integer(check.counts.ended(end)));
        }
    }
    sink.family(&TRANSITIONS);
    for check in &metrics.checks {
        sink.series(&[("check", &*check.name)], Value::Integer(check.counts.transitions()));
    }
    sink.family(&FLAPS);
    for check in &metrics.checks {
        sink.series(&[("check", &*check.name)], Value::Integer(check.counts.flaps()));
    }
}

fn seconds(time: Duration) -> Value<'static> {
    Value::Float(time.as_secs_f64())
}

/// Seconds since 1970, to the millisecond.
fn timestamp(at: SystemTime) -> Value<'static> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    seconds(Duration::from_secs(since.as_secs()) + Duration::from_millis(since.subsec_millis().into()))
}
