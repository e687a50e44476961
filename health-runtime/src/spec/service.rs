//! [`ServiceSpec`]: what is declared about the service.

use std::borrow::Cow;
use std::env::consts::EXE_SUFFIX;
use std::path::Path;
use std::time::Duration;

use crate::naming::LONGEST;
use crate::spec::{Defaults, Refresh};

/// What is declared about the service: the options of `#[health(…)]` on the struct, under the same names.
///
/// Durations are 1 ms to 24 h; `ttl` and `drain` may be zero, and `stalled_after` is at least 1 s. An option that the
/// derive would refuse at compile time is an error at the start: [`StartError::Service`](crate::StartError::Service).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    pub(crate) name: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) defaults: Defaults,
    pub(crate) probe_budget: Duration,
    pub(crate) prefix: Option<Cow<'static, str>>,
    pub(crate) manual_start: bool,
    pub(crate) public_details: bool,
    pub(crate) stalled_after: Option<Duration>,
    pub(crate) drain: Duration,
    pub(crate) shutdown_grace: Duration,
}

impl ServiceSpec {
    /// Where the probes are, in the order of [`Probe::ALL`].
    pub(crate) fn paths(&self) -> [String; 4] {
        match self.prefix.as_deref() {
            None => ["/livez", "/readyz", "/startupz", "/health"].map(str::to_owned),
            Some(prefix) => ["/live", "/ready", "/startup", ""].map(|path| format!("{prefix}{path}")),
        }
    }

    /// Fills in what is not declared: the name of the executable, and the version `unknown`.
    pub(crate) fn named(mut self) -> Self {
        if self.name.is_empty() {
            let executable = std::env::current_exe().ok();
            let name = executable.as_deref().and_then(Path::file_name);
            self.name = name.map_or("unknown".into(), |name| executable_name(&name.to_string_lossy()).into());
        }
        if self.version.is_empty() {
            self.version = "unknown".into();
        }
        self
    }

    /// A service with this name and version. Neither may be empty. Every other option has its default.
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            version: Cow::Borrowed(version),
            defaults: Defaults {
                timeout: None,
                refresh: None,
            },
            probe_budget: Duration::from_millis(800),
            prefix: None,
            manual_start: false,
            public_details: false,
            stalled_after: None,
            drain: Duration::from_secs(7),
            shutdown_grace: Duration::from_secs(15),
        }
    }

    /// The timeout of checks that declare none. It must be shorter than the [`interval`](Self::interval) of the same
    /// service. Default: 2 s, or the interval if that is shorter.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.defaults.timeout = Some(timeout);
        self
    }

    /// The interval of checks that declare neither `interval` nor `ttl`. Default: 5 s, or twice the timeout if that is
    /// longer.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.defaults.refresh = Some(Refresh::Interval(interval));
        self
    }

    /// The ttl of checks that declare neither `interval` nor `ttl`. Default: none; these checks have an interval.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.defaults.refresh = Some(Refresh::Ttl(ttl));
        self
    }

    /// A probe stops waiting for a run this long after the run began. Default: 800 ms, because the kubelet gives up
    /// after 1 s.
    #[must_use]
    pub const fn probe_budget(mut self, budget: Duration) -> Self {
        self.probe_budget = budget;
        self
    }

    /// Puts the probes at `PREFIX/live`, `PREFIX/ready`, `PREFIX/startup` and `PREFIX`. Default: `/livez`, `/readyz`,
    /// `/startupz` and `/health`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// The service starts only after [`Health::mark_started`](crate::Health::mark_started) has been called. Default:
    /// off.
    #[must_use]
    pub const fn manual_start(mut self) -> Self {
        self.manual_start = true;
        self
    }

    /// Public answers show the text of errors, with credentials masked. Default: off.
    #[must_use]
    pub const fn public_details(mut self) -> Self {
        self.public_details = true;
        self
    }

    /// The runtime counts as stalled once it has run nothing for this long. Liveness and readiness then fail. At least
    /// 1 s. Default: the runtime is not watched; with `serve_internal`, 10 s.
    ///
    /// Only the time in which the process could run counts. A process that is stopped does not stall. A process that is
    /// throttled again and again, for up to a second at a time, takes up to twice as long to count as stalled.
    #[must_use]
    pub const fn stalled_after(mut self, longest: Duration) -> Self {
        self.stalled_after = Some(longest);
        self
    }

    /// After SIGTERM, requests are still served for this long, while readiness already fails. Default: 7 s, because the
    /// default check of HAProxy needs 6 s to notice.
    #[must_use]
    pub const fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// After the drain, a process that got a signal may take this long to end. Then it is ended. Default: 15 s.
    /// Together with the drain that is 22 s, and the kubelet kills after 30 s.
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
            plain().manual_start(),
            plain().public_details(),
            plain().stalled_after(time),
            plain().drain(time),
            plain().shutdown_grace(time),
        ];
        for (i, spec) in specs.iter().enumerate() {
            assert!(!specs[..i].contains(spec), "{spec:?}");
        }
    }
}
