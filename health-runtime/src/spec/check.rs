//! [`CheckSpec`]: what is declared about one check.

use std::borrow::Cow;
use std::time::Duration;

use crate::spec::{Breaker, Probe, Refresh};

/// What is declared about one check: the options of `#[health_check(…)]`, under the same names.
///
/// The derive writes it. You need it only for a check that no struct declares. An option that is not set has the
/// default of the struct, or else the default in the table of the derive. If both `interval` and `ttl` are set, the
/// last one counts.
///
/// Durations are 1 ms to 24 h; `ttl` may be zero. An option that the derive would refuse at compile time is an error at
/// the start: [`StartError::Check`](crate::StartError::Check), with the name of the check and the fix.
///
/// ```
/// use health_runtime::CheckSpec;
/// use std::time::Duration;
///
/// // Methods without a text or a list are `const`, so this can be a constant.
/// const DB: CheckSpec = CheckSpec::new("db").critical().timeout(Duration::from_secs(3));
/// assert_eq!(DB.name(), "db");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSpec {
    pub(crate) name: Cow<'static, str>,
    pub(crate) description: Option<Cow<'static, str>>,
    pub(crate) critical: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) degraded_after: Option<Duration>,
    pub(crate) failure_threshold: u32,
    pub(crate) success_threshold: u32,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) fail_open: bool,
    pub(crate) blocking: bool,
    pub(crate) probes: u8,
    pub(crate) in_process: bool,
    pub(crate) restart_helps: Option<Cow<'static, str>>,
    pub(crate) groups: Vec<Cow<'static, str>>,
    pub(crate) runbook: Option<Cow<'static, str>>,
}

impl CheckSpec {
    /// A check with this name. It is in the readiness probe and not critical. Every other option has its default.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            description: None,
            critical: false,
            timeout: None,
            refresh: None,
            max_age: None,
            degraded_after: None,
            failure_threshold: 1,
            success_threshold: 1,
            breaker: None,
            fail_open: false,
            blocking: false,
            probes: 0,
            in_process: false,
            restart_helps: None,
            groups: Vec::new(),
            runbook: None,
        }
    }

    /// Like [`new`](Self::new), for a name that is made at run time.
    ///
    /// ```
    /// use health_runtime::CheckSpec;
    ///
    /// for region in ["eu", "us"] {
    ///     let spec = CheckSpec::named(format!("replica-{region}")).critical();
    ///     assert!(spec.name().ends_with(region));
    /// }
    /// ```
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        let mut spec = Self::new("");
        spec.name = name.into();
        spec
    }

    /// If the check fails, the probe fails. Without this, a failure makes the service degraded. Only for checks in the
    /// readiness probe: in liveness and startup every failure counts. Default: off.
    #[must_use]
    pub const fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// A run that takes longer than this is aborted, and has failed. Must be shorter than the check's own
    /// [`interval`](Self::interval). Default: 2 s, or the interval if that is shorter.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The check runs in the background, once in each interval, ±10 %. Until it has passed once, it also runs 1 s, 2 s,
    /// 4 s and so on after a failure, as long as this wait is shorter than the interval. Not for a check of the startup
    /// probe alone. Default: 5 s, or twice the timeout if that is longer.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.refresh = Some(Refresh::Interval(interval));
        self
    }

    /// Instead of an interval: the check runs when a probe finds that the last run ended longer ago than this. Default:
    /// none.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.refresh = Some(Refresh::Ttl(ttl));
        self
    }

    /// A success counts as failed (`stale`) if its run ended longer ago than this.
    ///
    /// Must be at least 1.1 × interval + timeout + 250 ms, or ttl + timeout + 250 ms, because a result may become this
    /// old while every run passes. With more than 50,000 checks, `max_age` is 1 ms longer for each 250 checks above
    /// 50,000, because their runs take longer to begin.
    ///
    /// Default: 3 × interval + timeout, or the least allowed value if that is longer. With `ttl`: the larger of 30 s
    /// and 3 × (ttl + timeout).
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// A success that took longer than this is degraded (`slow`). Must be shorter than the timeout. Default: off.
    #[must_use]
    pub const fn degraded_after(mut self, limit: Duration) -> Self {
        self.degraded_after = Some(limit);
        self
    }

    /// The published state fails only after this many failed runs in a row. The first result of all counts at once.
    /// From 1 to 100, and not more than the `failures` of the [`breaker`](Self::breaker). Default: 1.
    #[must_use]
    pub const fn failure_threshold(mut self, runs: u32) -> Self {
        self.failure_threshold = runs;
        self
    }

    /// A published failure ends only after this many passed runs in a row. 1 to 100. Default: 1.
    #[must_use]
    pub const fn success_threshold(mut self, runs: u32) -> Self {
        self.success_threshold = runs;
        self
    }

    /// After too many failures the check is not called for a while, see [`Breaker`]. The `reset` of the breaker must be
    /// longer than the [`interval`](Self::interval) of the check. Default: off.
    #[must_use]
    pub const fn breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// With [`critical`](Self::critical): the failures of the check fail the probe until its first success is
    /// published. From then on they only degrade the service, including failures that the check itself reports. An
    /// unknown state (`pending`, `stale`, `cancelled`) still fails the probe. Use it for a dependency that all replicas
    /// share: if it is down, routing to another replica does not help. Default: off.
    #[must_use]
    pub const fn fail_open(mut self) -> Self {
        self.fail_open = true;
        self
    }

    /// The check blocks its thread. Each run has a thread of its own, and at most 16 run at once. The timeout of a run
    /// begins only when it has a thread. A run that takes longer than a second does not count among the 16. A run that
    /// takes longer than its timeout cannot be aborted: the check is `stuck` until it returns. Default: off.
    #[must_use]
    pub const fn blocking(mut self) -> Self {
        self.blocking = true;
        self
    }

    /// The check belongs to the readiness probe. Default: on, if no probe is named.
    #[must_use]
    pub const fn readiness(mut self) -> Self {
        self.probes |= Probe::Readiness.bit();
        self
    }

    /// The check belongs to the startup probe: the service starts only after the check has passed once, critical or
    /// not. A check that is in no other probe ends when the service has started. Default: off.
    #[must_use]
    pub const fn startup(mut self) -> Self {
        self.probes |= Probe::Startup.bit();
        self
    }

    /// The check belongs to the liveness probe: if it fails, the process is restarted. A check that is added by hand
    /// also needs [`in_process`](Self::in_process) or [`restart_helps`](Self::restart_helps). [`Checks::add_live`]
    /// needs neither. Default: off.
    ///
    /// [`Checks::add_live`]: crate::Checks::add_live
    #[must_use]
    pub const fn liveness(mut self) -> Self {
        self.probes |= Probe::Liveness.bit();
        self
    }

    /// The check looks only at this process, so a restart can fix what it finds. Only with
    /// [`liveness`](Self::liveness), and not together with [`restart_helps`](Self::restart_helps). Default: off.
    #[must_use]
    pub const fn in_process(mut self) -> Self {
        self.in_process = true;
        self
    }

    /// The reason why a restart of the process helps, although the check looks at something outside of the process.
    /// Only with [`liveness`](Self::liveness). Must not be empty. Default: none. Internal answers show it; public
    /// answers never do.
    #[must_use]
    pub fn restart_helps(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        self.restart_helps = Some(why.into());
        self
    }

    /// What is checked, for people. Must not be empty. Default: none. Internal answers show it; public answers never
    /// do.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The groups that the check belongs to. The name of a group follows the rules for a check's name, but `live`,
    /// `ready` and `startup` are allowed. Each group is named once. A second call replaces the groups of the first.
    /// Default: none.
    ///
    /// ```
    /// use health_runtime::CheckSpec;
    ///
    /// let configured = vec![String::from("eu"), String::from("core")];
    /// let spec = CheckSpec::new("db").groups(configured);
    /// assert_eq!(spec, CheckSpec::new("db").groups(["eu", "core"]));
    /// ```
    #[must_use]
    pub fn groups<T: Into<Cow<'static, str>>>(mut self, groups: impl IntoIterator<Item = T>) -> Self {
        self.groups = groups.into_iter().map(Into::into).collect();
        self
    }

    /// A link to instructions for whoever is on call: a URL that begins with `https://` or `http://`, without
    /// credentials. Default: none. Internal answers show it; public answers never do.
    #[must_use]
    pub fn runbook(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.runbook = Some(url.into());
        self
    }

    /// The name of the check, as reports and paths show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the check counts in this probe. Every check counts in [`Probe::Health`].
    pub const fn is_in(&self, probe: Probe) -> bool {
        let named = if self.probes == 0 {
            Probe::Readiness.bit()
        } else {
            self.probes
        };
        matches!(probe, Probe::Health) || named & probe.bit() != 0
    }

    /// Whether a failure of the check fails this probe. In liveness and startup every failure does, critical or not.
    pub(crate) const fn is_critical_in(&self, probe: Probe) -> bool {
        let required = match probe {
            Probe::Readiness => false,
            Probe::Liveness | Probe::Startup => self.is_in(probe),
            Probe::Health => self.is_in(Probe::Liveness),
        };
        self.critical || required
    }

    /// Whether the check is in the startup probe alone. It then ends when the service has started.
    pub(crate) const fn is_startup_only(&self) -> bool {
        self.probes == Probe::Startup.bit()
    }

    /// Whether the spec has a reason why a restart of the process fixes what the check finds.
    pub(crate) fn has_reason_to_restart(&self) -> bool {
        self.in_process || self.restart_helps.as_ref().is_some_and(|why| !why.trim().is_empty())
    }
}

/// For the output of the macros. Without the path to `Duration`, rustc takes a tenth less time for each field.
impl CheckSpec {
    #[doc(hidden)]
    #[must_use]
    pub const fn timeout_ms(self, millis: u64) -> Self {
        self.timeout(Duration::from_millis(millis))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn interval_ms(self, millis: u64) -> Self {
        self.interval(Duration::from_millis(millis))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn ttl_ms(self, millis: u64) -> Self {
        self.ttl(Duration::from_millis(millis))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn max_age_ms(self, millis: u64) -> Self {
        self.max_age(Duration::from_millis(millis))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn degraded_after_ms(self, millis: u64) -> Self {
        self.degraded_after(Duration::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Breaker;

    #[test]
    fn every_setter_carries_something_of_its_own() {
        let plain = || CheckSpec::new("a");
        let time = Duration::from_secs(1);
        let specs = [
            plain(),
            CheckSpec::named(String::from("b")),
            plain().critical(),
            plain().timeout(time),
            plain().interval(time),
            plain().ttl(time),
            plain().max_age(time),
            plain().degraded_after(time),
            plain().failure_threshold(3),
            plain().success_threshold(3),
            plain().breaker(Breaker::new()),
            plain().breaker(Breaker::new().failures(9)),
            plain().breaker(Breaker::new().successes(9)),
            plain().breaker(Breaker::new().reset(time)),
            plain().fail_open(),
            plain().readiness(),
            plain().startup(),
            plain().liveness(),
            plain().in_process(),
            plain().restart_helps("a"),
            plain().description("a"),
            plain().runbook("a"),
            plain().groups(["a"]),
            plain().blocking(),
        ];
        for (i, spec) in specs.iter().enumerate() {
            assert!(!specs[..i].contains(spec), "{spec:?}");
        }
    }
}
