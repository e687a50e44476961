//! [`assert_manifest`].

use std::fmt::Write as _;

use crate::kubernetes::{Finding, Level, ManifestCheck};
use crate::testing::TestHealth;

/// Asserts that a Kubernetes manifest fits the service: its paths, ports, times and the end of its pods. A warning
/// fails the assertion too.
///
/// The service is a [`Declaration`](crate::Declaration), a [`Health`](crate::Health) or a
/// [`TestHealth`](crate::testing::TestHealth). To set options or to allow a rule, pass a [`ManifestCheck`]. The page on
/// [manifests](crate::_documentation::manifests) lists all rules.
///
/// ```
/// use health_runtime::testing::assert_manifest;
/// use health_runtime::{Declaration, Flag, HealthState};
///
/// #[derive(HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     db: Flag,
/// }
///
/// # let manifest = "
/// # kind: Pod
/// # spec:
/// #   containers:
/// #     - name: app
/// #       readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
/// # ";
/// // in a test: `let manifest = include_str!("../deploy/orders.yaml");`
/// assert_manifest(&Declaration::of::<AppState>()?, manifest);
/// # Ok::<(), health_runtime::StartError>(())
/// ```
///
/// # Panics
///
/// Panics if the manifest does not fit. The message has one line for each finding:
///
/// ```text
/// the manifest does not fit the service: 1 error
///   error: Deployment/orders, container `app`, line 23: `livenessProbe` asks the readiness path `/readyz`, so an
///   outage of a dependency restarts every pod, which does not fix it; write `path: /livez` [liveness-on-readiness]
/// ```
#[track_caller]
pub fn assert_manifest(service: impl Into<ManifestCheck>, yaml: &str) {
    let findings = service.into().verify_manifest(yaml);
    assert!(findings.is_empty(), "{}", explained(&findings));
}

fn explained(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let counted = |count, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        count => Some(format!("{count} {noun}s")),
    };
    let counts = [
        counted(count(Level::Error), "error"),
        counted(count(Level::Warning), "warning"),
    ];
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    let mut text = format!("the manifest does not fit the service: {}", counts.join(", "));
    for finding in findings {
        let _ = write!(text, "\n  {finding}");
    }
    text
}

impl From<&TestHealth> for ManifestCheck {
    fn from(health: &TestHealth) -> Self {
        Self::from(health.health())
    }
}
