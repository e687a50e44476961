//! [`ServiceSpec`]: what is declared about the service.

use std::borrow::Cow;
use std::env::consts::EXE_SUFFIX;
use std::path::Path;
use std::time::Duration;

use crate::naming::LONGEST;
#[cfg(feature = "token")]
use crate::spec::Token;
use crate::spec::{Body, Defaults, Paths, Probe, Public, Refresh, Route};

/// The configuration of the service, with the same options as `#[health(…)]` on the struct, under the same names.
///
/// Durations must be between 1 ms and 24 h, except that `ttl` and `drain` can also be zero, and that `stalled_after`
/// must be at least 1 s. Options that the derive macro would reject at compile time are rejected when the engine
/// starts, with a [`StartError::Service`](crate::StartError::Service).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    pub(crate) name: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) defaults: Defaults,
    pub(crate) probe_budget: Duration,
    pub(crate) paths: Paths,
    /// What follows from `paths`. Empty until the start.
    pub(crate) routes: Vec<Route>,
    pub(crate) manual_start: bool,
    #[cfg(feature = "token")]
    pub(crate) internal_token: Option<Token>,
    /// An operator may hold readiness over the internal port.
    #[cfg(feature = "token")]
    pub(crate) operator_controls: bool,
    pub(crate) public: Public,
    pub(crate) stalled_after: Option<Duration>,
    pub(crate) drain: Duration,
    pub(crate) shutdown_grace: Duration,
}

impl ServiceSpec {
    /// Fills in what is not declared: the name of the executable, the version `unknown`, and the usual paths.
    pub(crate) fn completed(mut self) -> Self {
        if self.name.is_empty() {
            let executable = std::env::current_exe().ok();
            let name = executable.as_deref().and_then(Path::file_name);
            self.name = name.map_or("unknown".into(), |name| executable_name(&name.to_string_lossy()).into());
        }
        if self.version.is_empty() {
            self.version = "unknown".into();
        }
        self.routes = self.paths.routes();
        self
    }

    /// Creates the configuration of a service with the given name and version, neither of which can be empty. All other
    /// options start out with their defaults.
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            version: Cow::Borrowed(version),
            defaults: Defaults {
                timeout: None,
                refresh: None,
            },
            probe_budget: Duration::from_millis(800),
            paths: Paths::new(),
            routes: Vec::new(),
            manual_start: false,
            #[cfg(feature = "token")]
            internal_token: None,
            #[cfg(feature = "token")]
            operator_controls: false,
            public: Public::CheckStates,
            stalled_after: None,
            drain: Duration::from_secs(7),
            shutdown_grace: Duration::from_secs(15),
        }
    }

    /// Sets the timeout of checks that do not declare their own. The timeout must be shorter than the service's
    /// [`interval`](Self::interval). The default is 2 s, or the interval if that is shorter.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.defaults.timeout = Some(timeout);
        self
    }

    /// Sets the interval at which checks run if they declare neither `interval` nor `ttl`. The default is 5 s, or twice
    /// the timeout if that is longer.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.defaults.refresh = Some(Refresh::Interval(interval));
        self
    }

    /// Sets the ttl of checks that declare neither `interval` nor `ttl`. By default, there is no ttl, so these checks
    /// run at an interval.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.defaults.refresh = Some(Refresh::Ttl(ttl));
        self
    }

    /// Sets how long a probe waits for a run, measured from the start of the run. The default is 800 ms, because the
    /// kubelet gives up on a probe after 1 s.
    #[must_use]
    pub const fn probe_budget(mut self, budget: Duration) -> Self {
        self.probe_budget = budget;
        self
    }

    /// Puts the probes at `PREFIX/live`, `PREFIX/ready`, `PREFIX/startup` and `PREFIX` instead of the default paths
    /// `/livez`, `/readyz`, `/startupz` and `/health`. The prefix may be empty. The probes are then at `/live`,
    /// `/ready`, `/startup` and `/health`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.paths.prefix = Some(prefix.into());
        self
    }

    /// Puts a probe at these paths instead of its usual one. If the list is empty, the probe has its usual path.
    #[must_use]
    pub fn paths<P: Into<Cow<'static, str>>>(mut self, probe: Probe, paths: impl IntoIterator<Item = P>) -> Self {
        self.paths.own[probe as usize] = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a path to the liveness probe.
    #[must_use]
    pub fn alias(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.paths.add(path.into(), Probe::Liveness, Body::Usual);
        self
    }

    /// Adds a path to the liveness probe at which the body is plain text: `OK` if the probe passes.
    #[must_use]
    pub fn plain(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.paths.add(path.into(), Probe::Liveness, Body::Plain);
        self
    }

    /// Keeps the service from counting as started until [`Health::mark_started`](crate::Health::mark_started) has been
    /// called. This option is off by default.
    #[must_use]
    pub const fn manual_start(mut self) -> Self {
        self.manual_start = true;
        self
    }

    /// Sets how much the public probes tell. The default is [`Public::CheckStates`].
    #[must_use]
    pub const fn public(mut self, public: Public) -> Self {
        self.public = public;
        self
    }

    /// Sets how long the runtime can go without running a task before it is reported as stalled, which makes the
    /// liveness and readiness probes fail. The value must be at least 1 s. By default, the runtime is only watched if
    /// `serve` or `serve_internal` is used, in which case the default is 10 s.
    ///
    /// Time during which the process is suspended is not measured, so suspending the process doesn't cause a stall. If
    /// the process is repeatedly throttled for up to a second at a time, it can take up to twice as long before a stall
    /// is reported.
    #[must_use]
    pub const fn stalled_after(mut self, longest: Duration) -> Self {
        self.stalled_after = Some(longest);
        self
    }

    /// Sets how long the service keeps serving requests after it has received SIGTERM. Readiness already fails while
    /// the service drains, so that load balancers have time to stop sending traffic. The default is 7 s, because
    /// HAProxy's default health check takes 6 s to notice the failure.
    #[must_use]
    pub const fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// Sets how long the process has to exit after the drain when it is shutting down because of a signal. If it is
    /// still running after that, the engine terminates it, provided that the service has called
    /// [`shutdown_signal`](crate::Health::shutdown_signal). The default is 15 s. With the default drain, the shutdown
    /// takes at most 22 s, which is well within the 30 s that the kubelet allows by default.
    #[must_use]
    pub const fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }
}

/// Makes the name of a service from a file name: without `.exe` and control characters, with at most 64 characters.
fn executable_name(file: &str) -> String {
    let name = file.strip_suffix(EXE_SUFFIX).unwrap_or(file);
    let shown = name.chars().filter(|c| !c.is_control());
    shown.take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_executable_fits_the_rules() {
        assert_eq!(executable_name("orders-1.2"), "orders-1.2");
        assert_eq!(
            executable_name(&format!("a\n{}", "x".repeat(100))),
            format!("a{}", "x".repeat(63))
        );
    }

    #[test]
    fn every_setter_carries_something_of_its_own() {
        let plain = || ServiceSpec::new("a", "1");
        let time = Duration::from_secs(1);
        let specs = [
            plain(),
            ServiceSpec::new("b", "1"),
            ServiceSpec::new("a", "2"),
            plain().timeout(time),
            plain().interval(time),
            plain().ttl(time),
            plain().probe_budget(time),
            plain().prefix("/a"),
            plain().paths(Probe::Liveness, ["/a"]),
            plain().alias("/a"),
            plain().plain("/a"),
            plain().manual_start(),
            plain().public(Public::StatusOnly),
            plain().public(Public::Details),
            plain().stalled_after(time),
            plain().drain(time),
            plain().shutdown_grace(time),
        ];
        for (i, spec) in specs.iter().enumerate() {
            assert!(!specs[..i].contains(spec), "{spec:?}");
        }
    }
}
