use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::{Counter, Gauge, Histogram, with_local_recorder};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use super::*;
use crate::outcome::{Reason, Status};
use crate::report::{CheckMetrics, Counts, Phase, ProbeMetrics};
use crate::spec::Probe;
#[cfg(feature = "testing")]
use crate::{CheckSpec, check_fn};

fn metrics() -> Metrics {
    let mut counts = Counts::default();
    for _ in 0..3 {
        counts.count_run(Status::Healthy, None, Duration::from_millis(20));
    }
    let check = CheckMetrics {
        name: "db".into(),
        critical: true,
        status: Status::Unhealthy,
        reason: Some(Reason::Error),
        cause: Some("network".into()),
        last_success: None,
        counts,
        details: Some(crate::Outcome::healthy().detail("idle", 3).details().into()),
    };
    Metrics {
        service: "orders".into(),
        version: "1.2.3".into(),
        phase: Phase::Running,
        probes: Probe::ALL.map(|probe| ProbeMetrics {
            probe,
            status: Status::Healthy,
            reason: None,
            requests: [7, 0, 0, 0, 0],
        }),
        drain: Duration::from_secs(7),
        lag: None,
        stalled: None,
        checks: vec![check],
    }
}

/// The name and the labels of each series, and its value. A histogram has the sum of its values.
fn recorded(snapshotter: &Snapshotter) -> BTreeMap<String, String> {
    let series = snapshotter.snapshot().into_vec();
    let shown = series.into_iter().map(|(key, _, _, value)| {
        let (_, key) = key.into_parts();
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let value = match value {
            DebugValue::Counter(value) => value.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => values.into_iter().map(f64::from).sum::<f64>().to_string(),
        };
        (format!("{} {}", key.name(), labels.join(" ")), value)
    });
    shown.collect()
}

#[test]
fn counters_have_absolute_values_and_each_duration_is_recorded_once() {
    let recorder = DebuggingRecorder::new();
    let (metrics, mut gone) = (metrics(), Gone::new());
    record(&recorder, &metrics, &[(0, Duration::from_millis(1500))], &mut gone);
    record(&recorder, &metrics, &[], &mut gone);
    let found = recorded(&recorder.snapshotter());
    assert_eq!(found["health_check_runs_total check=db outcome=healthy"], "3");
    assert_eq!(found["health_probe_requests_total probe=readiness code=200"], "7");
    assert_eq!(found["health_check_duration_seconds check=db"], "1.5");
    assert_eq!(found["health_build_info service=orders version=1.2.3"], "1");
    assert_eq!(found["health_drain_seconds "], "7");
}

#[test]
fn what_no_longer_applies_is_0_and_what_is_no_longer_known_is_nan() {
    let recorder = DebuggingRecorder::new();
    let (mut metrics, mut gone) = (metrics(), Gone::new());
    let status =
        |cause| format!("health_check_status check=db critical=true cause={cause} health_check_status=unhealthy");
    record(&recorder, &metrics, &[], &mut gone);
    let found = recorded(&recorder.snapshotter());
    assert_eq!(found[&status("network")], "1");
    assert_eq!(found["health_check_reason check=db reason=error"], "1");
    assert_eq!(found["health_check_detail check=db key=idle"], "3");

    let check = &mut metrics.checks[0];
    (check.cause, check.reason, check.details) = (None, Some(Reason::Timeout), None);
    record(&recorder, &metrics, &[], &mut gone);
    let found = recorded(&recorder.snapshotter());
    assert_eq!(found[&status("network")], "0");
    assert_eq!(found[&status("")], "1");
    assert_eq!(found["health_check_reason check=db reason=error"], "0");
    assert_eq!(found["health_check_detail check=db key=idle"], "NaN");
}

/// A recorder that panics.
struct Broken<'a>(&'a AtomicUsize);

impl Recorder for Broken<'_> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("broken");
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn a_recorder_that_panics_hurts_neither_the_pass_nor_the_next_one() {
    let calls = AtomicUsize::new(0);
    let health = Health::builder(()).start_on(None).expect("no check");
    health.engine.with(|core, _| core.keep_durations());
    let mut gone = Gone::new();
    with_local_recorder(&Broken(&calls), || {
        assert!(pass(&WeakEngine::new(&health.engine), &mut gone).is_some());
        assert!(pass(&WeakEngine::new(&health.engine), &mut gone).is_some());
    });
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    drop(health.engine.view());
}

#[cfg(feature = "testing")] // the test starts the runs
#[tokio::test]
async fn the_duration_of_each_run_is_kept_until_it_is_taken() {
    let builder = Health::builder(()).check(CheckSpec::new("db"), check_fn(async || true));
    let health = builder.start_on(None).expect("the name is valid");
    let taken = || health.engine.with(|core, _| core.take_durations().len());
    health.engine.refresh().await;
    assert_eq!(taken(), 0, "nobody wants them");
    assert!(health.engine.with(|core, _| core.keep_durations()));
    assert!(
        !health.engine.with(|core, _| core.keep_durations()),
        "only the first call"
    );
    health.engine.refresh().await;
    health.engine.refresh().await;
    assert_eq!((taken(), taken()), (2, 0));
}

#[tokio::test]
async fn a_recorder_that_is_installed_gets_the_values_of_a_running_service() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().expect("no other test installs a recorder");
    let health = Health::builder(()).name("orders").version("1.2.3").start();
    health.record_metrics();
    let look = || {
        recorded(&snapshotter)
            .get("health_build_info service=orders version=1.2.3")
            .cloned()
    };
    let found = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(found.await.as_deref(), Ok("1"));
}
