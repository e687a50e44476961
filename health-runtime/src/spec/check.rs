//! [`CheckSpec`]: what is declared about one check.

use std::borrow::Cow;
use std::time::Duration;

use crate::spec::{Breaker, Probe, Refresh, Texts};

/// The configuration of a single check, with the same options as `#[health_check(…)]`, under the same names.
///
/// The derive macro generates a `CheckSpec` for every check on a struct, so you only need this type for checks that are
/// declared elsewhere. An option that is not set falls back to the struct-level default or, if there is none, to the
/// default listed in the derive macro's documentation. If both `interval` and `ttl` are set, whichever was set last
/// takes effect.
///
/// Durations must be between 1 ms and 24 h, except that `ttl` can also be zero. Options that the derive macro would
/// reject at compile time are rejected when the engine starts, with a [`StartError::Check`](crate::StartError::Check)
/// that contains the check's name and explains how to fix the problem.
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
    /// `None` if there are no texts.
    texts: Option<Box<Texts>>,
}

impl CheckSpec {
    /// Creates the configuration of a check with the given name. All options start out with their defaults, which means
    /// that the check belongs to the readiness probe and is not critical.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
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
            texts: None,
        }
    }

    /// Creates the configuration of a check like [`new`](Self::new), except that the name can be built at run time.
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

    /// Marks the check as critical, which means that the readiness probe fails if the check fails. By default, a
    /// failing check only makes the service degraded. This option can only be used for checks in the readiness probe,
    /// because the liveness and startup probes fail anyway when one of their checks does.
    #[must_use]
    pub const fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// Sets the timeout of the check. A run that exceeds it is aborted and treated as a failure. The timeout must be
    /// shorter than the check's own [`interval`](Self::interval). The default is 2 s, or the interval if that is
    /// shorter.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the interval at which the check runs in the background, measured from the start of one run to the start of
    /// the next, with a variation of ±10 %. Until the check has passed for the first time, a failure is retried sooner:
    /// after 1 s, then after 2 s, 4 s and so on, for as long as the delay is shorter than the interval. You cannot use
    /// this option for a check that belongs only to the startup probe. The default is 5 s, or twice the timeout if that
    /// is longer.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.refresh = Some(Refresh::Interval(interval));
        self
    }

    /// Makes the check run on demand instead of at an [`interval`](Self::interval). Whenever a probe finds that the
    /// last run ended longer ago than the given duration, the check runs again. By default, a check has no ttl.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.refresh = Some(Refresh::Ttl(ttl));
        self
    }

    /// Sets how long a successful result stays valid after its run has ended. Once the result is older than `max_age`,
    /// the check is reported as unhealthy with the reason `stale`.
    ///
    /// The value must be at least 1.1 × interval + timeout + 250 ms, because even if every run passes, a result can get
    /// that old before the next one arrives. For a check with a `ttl`, the minimum is ttl + timeout + 250 ms for the
    /// same reason. If there are more than 50,000 checks, runs can start later than usual, so `max_age` is extended by
    /// 1 ms for every 250 checks above 50,000.
    ///
    /// The default is 3 × interval + timeout, or the minimum allowed value, whichever is longer. For a check with a
    /// `ttl`, it is 30 s or 3 × (ttl + timeout), whichever is longer.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Reports the check as degraded, with the reason `slow`, when a run succeeds but takes longer than the given
    /// limit. The limit must be shorter than the timeout. By default, a successful run is never reported as slow.
    #[must_use]
    pub const fn degraded_after(mut self, limit: Duration) -> Self {
        self.degraded_after = Some(limit);
        self
    }

    /// Sets how many runs must fail in a row before the check is reported as failing. The threshold does not apply to
    /// the very first result, which is published immediately. It must be between 1 and 100, and no greater than the
    /// `failures` setting of the check's [`breaker`](Self::breaker). The default is 1.
    #[must_use]
    pub const fn failure_threshold(mut self, runs: u32) -> Self {
        self.failure_threshold = runs;
        self
    }

    /// Sets how many runs must pass in a row before a check that was reported as failing is reported as passing again.
    /// The threshold must be between 1 and 100, and the default is 1.
    #[must_use]
    pub const fn success_threshold(mut self, runs: u32) -> Self {
        self.success_threshold = runs;
        self
    }

    /// Adds a circuit breaker to the check, so that it is not called for a while after too many failures in a row. See
    /// [`Breaker`] for details. The breaker's `reset` time must be longer than the check's
    /// [`interval`](Self::interval). By default, a check has no breaker.
    #[must_use]
    pub const fn breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// After a [`critical`](Self::critical) check has passed for the first time, its failures only make the service
    /// degraded, even those that the check itself reports. Until the first success has been published, a failure still
    /// fails the probe.
    ///
    /// Note that the probe always fails while the check's state is unknown (`pending`, `stale` or `cancelled`). This
    /// option is meant for a dependency that all replicas share, because routing traffic to another replica doesn't
    /// help when such a dependency is down. It requires `critical` and is off by default.
    #[must_use]
    pub const fn fail_open(mut self) -> Self {
        self.fail_open = true;
        self
    }

    /// Marks the check as one that blocks its thread. Each run gets its own thread, and at most 16 of these runs can be
    /// in flight at once. Further runs have to wait for a thread, and their timeout doesn't start until they get one.
    /// Once a run has taken longer than a second, it no longer counts toward the limit of 16. A blocking run cannot be
    /// aborted when it exceeds its timeout, so the check is reported as `stuck` until the run returns. This option is
    /// off by default.
    #[must_use]
    pub const fn blocking(mut self) -> Self {
        self.blocking = true;
        self
    }

    /// Adds the check to the readiness probe. A check that isn't added to any probe belongs to the readiness probe by
    /// default.
    #[must_use]
    pub const fn readiness(mut self) -> Self {
        self.probes |= Probe::Readiness.bit();
        self
    }

    /// Adds the check to the startup probe. The service doesn't count as started until the check has passed once,
    /// whether or not it is critical. If the check belongs to no other probe, it stops running once the service has
    /// started. This option is off by default.
    #[must_use]
    pub const fn startup(mut self) -> Self {
        self.probes |= Probe::Startup.bit();
        self
    }

    /// Adds the check to the liveness probe. The process is restarted when this probe fails, so a check that you add by
    /// hand also needs [`in_process`](Self::in_process) or [`restart_helps`](Self::restart_helps), unless you add it
    /// with [`Checks::add_live`]. This option is off by default.
    ///
    /// [`Checks::add_live`]: crate::Checks::add_live
    #[must_use]
    pub const fn liveness(mut self) -> Self {
        self.probes |= Probe::Liveness.bit();
        self
    }

    /// Declares that the check only looks at the process itself, so that a restart can fix any problem it detects. This
    /// option requires [`liveness`](Self::liveness) and cannot be combined with [`restart_helps`](Self::restart_helps).
    /// It is off by default.
    #[must_use]
    pub const fn in_process(mut self) -> Self {
        self.in_process = true;
        self
    }

    /// Sets the reason why restarting the process helps even though the check looks at something outside the process.
    /// This option requires [`liveness`](Self::liveness), and the reason must not be empty. The reason is included in
    /// internal responses, but never in public ones. By default, no reason is set.
    #[must_use]
    pub fn restart_helps(self, why: impl Into<Cow<'static, str>>) -> Self {
        self.with_texts(|texts| texts.restart_helps = Some(why.into()))
    }

    /// Sets a human-readable description of what the check looks at, which must not be empty. The description is
    /// included in internal responses, but never in public ones. By default, a check has no description.
    #[must_use]
    pub fn description(self, description: impl Into<Cow<'static, str>>) -> Self {
        self.with_texts(|texts| texts.description = Some(description.into()))
    }

    /// Sets the groups that the check belongs to, replacing any that were set before. The rules for group names are the
    /// same as for check names, except that `live`, `ready` and `startup` are allowed too. Listing the same group twice
    /// is an error. By default, a check doesn't belong to any group.
    ///
    /// ```
    /// use health_runtime::CheckSpec;
    ///
    /// let configured = vec![String::from("eu"), String::from("core")];
    /// let spec = CheckSpec::new("db").groups(configured);
    /// assert_eq!(spec, CheckSpec::new("db").groups(["eu", "core"]));
    /// ```
    #[must_use]
    pub fn groups<T: Into<Cow<'static, str>>>(self, groups: impl IntoIterator<Item = T>) -> Self {
        self.with_texts(|texts| texts.groups = groups.into_iter().map(Into::into).collect())
    }

    /// Sets the checks that this check depends on, replacing any that were set before. While one of them fails,
    /// directly or through a check that it depends on in turn, it is the cause of this check's failure: reports show
    /// this check under its cause, and the log reports it one level lower. The check still runs, and it counts for the
    /// probes as before.
    ///
    /// A name is the full name of a check, such as `billing.ledger`, or the name of a nested struct, which means all
    /// its checks. For a check in a nested struct, a name is first looked up in that struct, then in the structs around
    /// it. If there is no such check, or if a check depends on itself through others, the start fails with a
    /// [`StartError::Check`](crate::StartError::Check). Listing the same name twice is an error too. By default, a
    /// check depends on no other.
    ///
    /// ```
    /// use health_runtime::{CheckSpec, Flag, Health};
    ///
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let health = Health::builder(())
    ///     .check(CheckSpec::new("db").critical(), Flag::healthy())
    ///     .check(CheckSpec::new("migrations").depends_on(["db"]), Flag::healthy())
    ///     .start();
    /// ```
    #[must_use]
    pub fn depends_on<T: Into<Cow<'static, str>>>(self, checks: impl IntoIterator<Item = T>) -> Self {
        self.with_texts(|texts| texts.depends_on = checks.into_iter().map(Into::into).collect())
    }

    /// Sets a link to instructions for whoever is on call when the check fails. The link must be a URL that begins with
    /// `https://` or `http://`, and it must not contain credentials. It is included in internal responses, but never in
    /// public ones. By default, a check has no runbook.
    #[must_use]
    pub fn runbook(self, url: impl Into<Cow<'static, str>>) -> Self {
        self.with_texts(|texts| texts.runbook = Some(url.into()))
    }

    fn with_texts(mut self, change: impl FnOnce(&mut Texts)) -> Self {
        let mut texts = self.texts.take().unwrap_or_default();
        change(&mut texts);
        self.texts = Some(texts).filter(|texts| **texts != *Texts::NONE); // two specs without texts are equal
        self
    }

    pub(crate) fn texts(&self) -> &Texts {
        self.texts.as_deref().unwrap_or(Texts::NONE)
    }

    /// Returns the check's name as it appears in reports and paths.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns `true` if the check belongs to the given probe. Every check belongs to [`Probe::Health`].
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
        self.in_process
            || self
                .texts()
                .restart_helps
                .as_ref()
                .is_some_and(|why| !why.trim().is_empty())
    }
}

/// Setters for the code that the macros generate. Because this code does not contain the path to `Duration`, rustc
/// takes 10 % less time for each field.
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
            plain().depends_on(["a"]),
            plain().blocking(),
        ];
        for (i, spec) in specs.iter().enumerate() {
            assert!(!specs[..i].contains(spec), "{spec:?}");
        }
    }
}
