//! A service with one check, and what it reports.

use std::time::{Duration, Instant};

use health_runtime::{CheckReport, CheckSpec, Health, HealthCheck, Probe, Reason, Status};

/// How long a test waits for a state before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service with the check `db`, which is critical.
#[derive(Debug)]
pub struct Watched {
    /// Its engine.
    pub health: Health,
}

impl Watched {
    /// Runs the check every 2 s, with a timeout of 1 s.
    pub fn new(value: impl HealthCheck) -> Self {
        let second = Duration::from_secs(1);
        Self::with(CheckSpec::new("db").interval(2 * second).timeout(second), value)
    }

    /// Runs the check as declared.
    pub fn with(spec: CheckSpec, value: impl HealthCheck) -> Self {
        let health = Health::builder(()).check(spec.critical(), value).start();
        drop(health.probes()); // the service has probes, so it starts
        Self { health }
    }

    /// The report of the check.
    pub fn report(&self) -> CheckReport {
        self.health.report(Probe::Health).checks.remove(0)
    }

    /// A detail of the last run, as text.
    pub fn detail(&self, name: &str) -> Option<String> {
        let report = self.report();
        let detail = report.details.iter().find(|detail| detail.name == name)?;
        Some(detail.value.to_string())
    }

    /// Waits until the check has this status and reason.
    pub async fn until(&self, status: Status, reason: Option<Reason>) -> CheckReport {
        self.until_it(&format!("{status}, {reason:?}"), |report| {
            report.status == status && report.reason == reason
        })
        .await
    }

    /// Waits until the check is healthy.
    pub async fn until_healthy(&self) -> CheckReport {
        self.until(Status::Healthy, None).await
    }

    /// Waits until the check is unhealthy and its message contains this text.
    pub async fn until_error(&self, text: &str) -> CheckReport {
        self.until_it(&format!("unhealthy: {text}"), |report| {
            report.status == Status::Unhealthy && message(report).contains(text)
        })
        .await
    }

    /// Waits until the report fits.
    ///
    /// # Panics
    ///
    /// If it does not fit within 30 s.
    pub async fn until_it(&self, expected: &str, fits: impl Fn(&CheckReport) -> bool) -> CheckReport {
        let began = Instant::now();
        loop {
            let report = self.report();
            if fits(&report) {
                return report;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "expected {expected}, found {}",
                shown(&report)
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Returns what the report says for this time, and panics as soon as it does not fit.
    ///
    /// # Panics
    ///
    /// If a report does not fit.
    pub async fn always(&self, time: Duration, fits: impl Fn(&CheckReport) -> bool) {
        let began = Instant::now();
        while began.elapsed() < time {
            let report = self.report();
            assert!(fits(&report), "after {:?}: {}", began.elapsed(), shown(&report));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn shown(report: &CheckReport) -> String {
    let details = report
        .details
        .iter()
        .map(|detail| format!("{}={}", detail.name, detail.value));
    let details = details.collect::<Vec<_>>().join(" ");
    format!(
        "{}, {:?}: {} [{details}], in {:?}",
        report.status,
        report.reason,
        message(report),
        report.latency
    )
}

/// The message of the last run, or an empty text.
pub fn message(report: &CheckReport) -> &str {
    report.message.as_deref().unwrap_or_default()
}
