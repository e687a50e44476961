//! [`ManifestCheck`]: how a manifest is compared.

use std::time::Duration;

use super::allowed::Allowed;
use super::finding::Finding;
use super::{compose, dockerfile, manifest};
use crate::declaration::Declaration;
use crate::health::Health;
use crate::kubernetes::options::valid;
use crate::kubernetes::port::Port;

/// Compares manifests with what a service declares. It has options for what the code does not know.
///
/// [`Declaration::verify_manifest`] does the same without options. The page on
/// [manifests](crate::_documentation::manifests) lists all rules.
///
/// ```
/// use health_runtime::{Declaration, Flag, HealthState};
/// use health_runtime::kubernetes::ManifestCheck;
///
/// #[derive(HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     db: Flag,
/// }
///
/// let declaration = Declaration::of::<AppState>()?;
/// let check = ManifestCheck::new(&declaration)
///     .container("orders")
///     .internal_port(9090);
/// let findings = check.verify_manifest("kind: ConfigMap");
/// assert_eq!(findings[0].rule, "nothing-to-check");
/// # Ok::<(), health_runtime::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check of manifests does nothing until `verify_manifest`, `verify_compose` or `verify_dockerfile`"]
pub struct ManifestCheck {
    pub(super) declaration: Declaration,
    pub(super) container: Option<String>,
    pub(super) public_port: Option<Port>,
    pub(super) internal_port: Option<Port>,
    pub(super) start_within: Option<Duration>,
    pub(super) grpc_services: Vec<String>,
    allowed: Allowed,
}

impl ManifestCheck {
    /// Creates a check without options: each workload has one container, the probes may be at any of its ports, and no
    /// rule is allowed.
    pub fn new(declaration: &Declaration) -> Self {
        Self {
            declaration: declaration.clone(),
            container: None,
            public_port: None,
            internal_port: None,
            start_within: None,
            grpc_services: Vec::new(),
            allowed: Allowed::default(),
        }
    }

    /// Names the container of the service, or in Compose its service. By default, a workload must have exactly one
    /// container, and every service of a Compose file is compared that has a `healthcheck`.
    ///
    /// Workloads without a container of this name are skipped. An init container with `restartPolicy: Always` is a
    /// container too.
    pub fn container(mut self, name: impl Into<String>) -> Self {
        self.container = Some(name.into());
        self
    }

    /// Sets the port at which the service answers the public probes. If this port or the
    /// [internal one](Self::internal_port) is set, a probe must be at one of them. By default, any port is right.
    ///
    /// # Panics
    ///
    /// Panics if the port is 0, or if Kubernetes refuses the name.
    #[track_caller]
    pub fn public_port(mut self, port: impl Into<Port>) -> Self {
        self.public_port = Some(valid(port.into()));
        self
    }

    /// Sets the port of [`serve_internal`](crate::Health::serve_internal) or
    /// [`internal_router`](crate::Health::internal_router). If only this port is set, every probe must be at it. By
    /// default, any port is right.
    ///
    /// # Panics
    ///
    /// Panics if the port is 0, or if Kubernetes refuses the name.
    #[track_caller]
    pub fn internal_port(mut self, port: impl Into<Port>) -> Self {
        self.internal_port = Some(valid(port.into()));
        self
    }

    /// Sets the longest time that the service may take to start, such as for its migrations. The startup probe must
    /// wait that long. By default, it must wait for the startup checks only.
    pub fn start_within(mut self, longest: Duration) -> Self {
        self.start_within = Some(longest);
        self
    }

    /// Names a service of gRPC that the health service knows in addition to the probes and checks, as given to
    /// `GrpcHealth::service`. It can be called several times.
    pub fn grpc_service(mut self, name: impl Into<String>) -> Self {
        self.grpc_services.push(name.into());
        self
    }

    /// Allows what the rule forbids, and says why. It can be called several times, once for each rule.
    ///
    /// A name that no rule has, or an empty reason, is a finding of the rule `allow`. A rule that finds nothing is a
    /// warning of this rule, so that no exception outlives its reason. `allow`, `syntax`, `template` and
    /// `nothing-to-check` cannot be allowed.
    ///
    /// ```
    /// # use health_runtime::{Declaration, Flag, HealthState};
    /// # #[derive(HealthState)]
    /// # struct AppState { #[health_check] db: Flag }
    /// # let declaration = Declaration::of::<AppState>().expect("the declaration is valid");
    /// use health_runtime::kubernetes::ManifestCheck;
    ///
    /// let check = ManifestCheck::new(&declaration).allow("tcp-probe", "the port speaks a protocol of its own");
    /// ```
    pub fn allow(mut self, rule: impl Into<String>, reason: impl Into<String>) -> Self {
        self.allowed.add(rule.into(), reason.into());
        self
    }

    /// Compares the workloads in a stream of YAML documents with the service, and returns what does not fit, in the
    /// order of the lines.
    ///
    /// These kinds are compared: `Deployment`, `StatefulSet`, `DaemonSet`, `ReplicaSet`, `Pod`, `Job` and `CronJob`,
    /// also inside a `List`, and a `Service` that selects one of them. Other kinds are skipped. A text without any
    /// workload of the service is a finding, so that a test with a wrong path does not pass.
    ///
    /// A template of Helm is not YAML. Pass what `helm template` writes.
    pub fn verify_manifest(&self, yaml: &str) -> Vec<Finding> {
        self.allowed.applied(manifest::verify(self, yaml))
    }

    /// Compares the `healthcheck` of services in a Compose file with the service.
    ///
    /// The service is chosen with [`container`](Self::container). Without it, every service with a `healthcheck` is
    /// compared, so a file with a database needs a choice.
    pub fn verify_compose(&self, yaml: &str) -> Vec<Finding> {
        self.allowed.applied(compose::verify(self, yaml))
    }

    /// Compares the `HEALTHCHECK` of the last stage of a Dockerfile with the service.
    pub fn verify_dockerfile(&self, dockerfile: &str) -> Vec<Finding> {
        self.allowed.applied(dockerfile::verify(self, dockerfile))
    }
}

impl From<&Declaration> for ManifestCheck {
    fn from(declaration: &Declaration) -> Self {
        Self::new(declaration)
    }
}

impl From<&Health> for ManifestCheck {
    fn from(health: &Health) -> Self {
        Self::new(&health.declaration())
    }
}

impl From<&Self> for ManifestCheck {
    fn from(check: &Self) -> Self {
        check.clone()
    }
}
