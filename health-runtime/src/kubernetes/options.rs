//! [`Kubernetes`]: what the code cannot know about its manifest.

use std::time::Duration;

use crate::declaration::Declaration;
use crate::health::Health;
use crate::kubernetes::port::Port;
use crate::kubernetes::times::seconds;

/// The part of a manifest that follows from the code: the three probes and `terminationGracePeriodSeconds`.
///
/// [`to_yaml`](Self::to_yaml) writes it as YAML, and so does `Display`. Each number has a comment that says which
/// declaration it comes from. The methods set what the code cannot know.
///
/// ```
/// use health_runtime::{Declaration, Flag, HealthState};
/// use std::time::Duration;
///
/// #[derive(HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     db: Flag,
/// }
///
/// let yaml = Declaration::of::<AppState>()?
///     .kubernetes(3000)
///     .start_within(Duration::from_secs(600)) // the migrations
///     .to_yaml();
/// assert!(yaml.contains("path: /readyz"));
/// assert!(yaml.contains("terminationGracePeriodSeconds: 25 # drain = 7 s, shutdown_grace = 15 s, and 3 s to spare"));
/// # Ok::<(), health_runtime::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it writes nothing by itself"]
pub struct Kubernetes {
    pub(super) declaration: Declaration,
    pub(super) port: Port,
    pub(super) internal: Option<Port>,
    pub(super) container: Option<String>,
    pub(super) period: Option<u32>,
    pub(super) start_within: Option<Duration>,
    pub(super) pre_stop: Duration,
    pub(super) indent: usize,
}

impl Declaration {
    /// Returns the three probes and `terminationGracePeriodSeconds` for a pod of Kubernetes. `port` is the port of the
    /// public probes: its number, or the name that the container gives it.
    ///
    /// See [the page on Kubernetes](crate::_documentation::kubernetes) for all times and their reasons.
    ///
    /// # Panics
    ///
    /// Panics if the port is 0, or if Kubernetes refuses the name.
    #[track_caller]
    pub fn kubernetes(&self, port: impl Into<Port>) -> Kubernetes {
        Kubernetes {
            declaration: self.clone(),
            port: valid(port.into()),
            internal: None,
            container: None,
            period: None,
            start_within: None,
            pre_stop: Duration::ZERO,
            indent: 0,
        }
    }
}

impl Health {
    /// Like [`Declaration::kubernetes`], for a running service.
    ///
    /// # Panics
    ///
    /// Panics if the port is 0, or if Kubernetes refuses the name.
    #[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
    #[track_caller]
    pub fn kubernetes(&self, port: impl Into<Port>) -> Kubernetes {
        self.declaration().kubernetes(port)
    }
}

/// The port, if Kubernetes takes it.
#[track_caller]
pub(super) fn valid(port: Port) -> Port {
    match port.problem() {
        None => port,
        Some(problem) => panic!("{problem}"),
    }
}

impl Kubernetes {
    /// Lets the startup and the liveness probe ask this port, at which `serve_internal` or `serve` answers. It answers
    /// even while the runtime of the application is blocked or busy. So a busy server is not restarted, and a blocked
    /// one is reported as `stalled`. The readiness probe still asks the public port, because it then also shows whether
    /// the server of the application works. By default, all probes ask the public port.
    ///
    /// # Panics
    ///
    /// Panics if the port is 0, or if Kubernetes refuses the name.
    #[track_caller]
    pub fn internal(mut self, port: impl Into<Port>) -> Self {
        self.internal = Some(valid(port.into()));
        self
    }

    /// Sets the name of the container. The default is the name of the service, with `-` for each character that the
    /// name of a container cannot have.
    pub fn container(mut self, name: impl Into<String>) -> Self {
        self.container = Some(name.into());
        self
    }

    /// Sets how often the readiness probe asks. The default is 5 s, or less if the drain is too short for that. The
    /// period is rounded up to whole seconds.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = Some(seconds(period));
        self
    }

    /// Sets how long the start may take: migrations, startup tasks, and everything before the port is open. The kubelet
    /// restarts the container after this time. The default is 5 minutes. If the startup checks need longer, they get
    /// it.
    pub fn start_within(mut self, longest: Duration) -> Self {
        self.start_within = Some(longest);
        self
    }

    /// Sets how long the `preStop` hook of the container takes. The kubelet sends SIGTERM only after the hook, and
    /// counts it as part of `terminationGracePeriodSeconds`. The default is 0 s: no hook is needed, because the service
    /// drains.
    pub fn pre_stop(mut self, longest: Duration) -> Self {
        self.pre_stop = longest;
        self
    }

    /// Sets how many spaces are before each line, so that the text can be part of a manifest. The default is 0.
    pub fn indent(mut self, spaces: usize) -> Self {
        self.indent = spaces;
        self
    }
}
