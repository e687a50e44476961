//! What was declared: [`CheckSpec`] about one check, [`ServiceSpec`] about the service, [`Probe`].

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// One of the questions a prober asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Is the process alive? If not, restart it. `/livez`.
    Liveness,
    /// Can it take traffic? If not, route around it. `/readyz`.
    Readiness,
    /// Has it finished starting? Until then, wait. `/startupz`.
    Startup,
    /// Everything at once, for people and dashboards. `/health`.
    Health,
}

impl Probe {
    pub(crate) const ALL: [Self; 4] = [Self::Liveness, Self::Readiness, Self::Startup, Self::Health];

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// When a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// In the background, this often.
    Interval(Duration),
    /// When a probe finds that the last run ended longer ago than this.
    Ttl(Duration),
}

/// What is declared about one check: the options of `#[health_check(…)]`, under the same names.
///
/// The derive writes it; by hand it is needed only for checks that no struct declares. What is not set takes the
/// struct's default, then the one in the table of the derive.
///
/// ```
/// use health_runtime::CheckSpec;
/// use std::time::Duration;
///
/// const DB: CheckSpec = CheckSpec::new("db").critical().timeout(Duration::from_secs(3));
/// assert_eq!(DB.name(), "db");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSpec {
    pub(crate) name: Cow<'static, str>,
    pub(crate) description: Option<&'static str>,
    pub(crate) critical: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) probes: u8,
    pub(crate) in_process: bool,
    pub(crate) restart_helps: Option<&'static str>,
}

impl Probe {
    /// The word for it: `liveness`, `readiness`, `startup` or `health`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Readiness => "readiness",
            Self::Startup => "startup",
            Self::Health => "health",
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl CheckSpec {
    /// A check of this name: non-critical, in the readiness probe, everything else by default.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            description: None,
            critical: false,
            timeout: None,
            refresh: None,
            max_age: None,
            probes: 0,
            in_process: false,
            restart_helps: None,
        }
    }

    /// Its failure makes the probe fail; without this, it makes the service degraded.
    #[must_use]
    pub const fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// A run is aborted and failed after this. Default: 2 s, or the interval if that is shorter.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// It runs in the background, this often, ±10 %. Default: 5 s, or twice the timeout if that is longer.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.refresh = Some(Refresh::Interval(interval));
        self
    }

    /// Instead of an interval: it runs when a probe finds that its last run ended longer ago than this. Default: none.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.refresh = Some(Refresh::Ttl(ttl));
        self
    }

    /// A result whose run ended longer ago counts as failed (`stale`). Default: 3 × interval + timeout; with `ttl`,
    /// the larger of 30 s and 3 × (ttl + timeout).
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// It belongs to the readiness probe. The default if no probe is named.
    #[must_use]
    pub const fn readiness(mut self) -> Self {
        self.probes |= Probe::Readiness.bit();
        self
    }

    /// It belongs to the startup probe: starting waits until it has passed once, critical or not. A check in no other
    /// probe ends then.
    #[must_use]
    pub const fn startup(mut self) -> Self {
        self.probes |= Probe::Startup.bit();
        self
    }

    /// It belongs to the liveness probe: its failure restarts the process.
    #[must_use]
    pub const fn liveness(mut self) -> Self {
        self.probes |= Probe::Liveness.bit();
        self
    }

    /// A restart of the process can mend it.
    #[must_use]
    pub const fn in_process(mut self) -> Self {
        self.in_process = true;
        self
    }

    /// Why a restart of the process helps although the check looks at something outside of it.
    #[must_use]
    pub const fn restart_helps(mut self, why: &'static str) -> Self {
        self.restart_helps = Some(why);
        self
    }

    /// What it checks, for people.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Its name, as reports and paths show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its result counts in this probe. Every check counts in [`Probe::Health`].
    pub const fn is_in(&self, probe: Probe) -> bool {
        let named = if self.probes == 0 {
            Probe::Readiness.bit()
        } else {
            self.probes
        };
        matches!(probe, Probe::Health) || named & probe.bit() != 0
    }
}

/// What is declared about the service: the options of `#[health(…)]` on the struct, under the same names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    pub(crate) name: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) probe_budget: Duration,
    pub(crate) prefix: Option<Cow<'static, str>>,
    pub(crate) manual_start: bool,
    pub(crate) public_details: bool,
    pub(crate) drain: Duration,
    pub(crate) shutdown_grace: Duration,
}

impl ServiceSpec {
    /// A service of this name and version, everything else by default.
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            version: Cow::Borrowed(version),
            timeout: None,
            refresh: None,
            probe_budget: Duration::from_millis(800),
            prefix: None,
            manual_start: false,
            public_details: false,
            drain: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(20),
        }
    }

    /// The timeout of checks that declare none. Default: 2 s, or the interval if that is shorter.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The interval of checks that declare neither `interval` nor `ttl`. Default: 5 s, or twice the timeout if longer.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.refresh = Some(Refresh::Interval(interval));
        self
    }

    /// The ttl of checks that declare neither `interval` nor `ttl`. Default: none, they have an interval.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.refresh = Some(Refresh::Ttl(ttl));
        self
    }

    /// How long after a run began a probe waits for it at most. Default: 800 ms, since the kubelet gives up after 1 s.
    #[must_use]
    pub const fn probe_budget(mut self, budget: Duration) -> Self {
        self.probe_budget = budget;
        self
    }

    /// Puts the probes at `PREFIX/live`, `PREFIX/ready`, `PREFIX/startup` and `PREFIX`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Starting waits for [`Health::mark_started`](crate::Health::mark_started).
    #[must_use]
    pub const fn manual_start(mut self) -> Self {
        self.manual_start = true;
        self
    }

    /// Shows the text of errors in public answers, credentials masked.
    #[must_use]
    pub const fn public_details(mut self) -> Self {
        self.public_details = true;
        self
    }

    /// How long requests are still served after SIGTERM, with readiness already failing. Default: 10 s.
    #[must_use]
    pub const fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// How long after the drain a signalled process may take to end before it is ended. Default: 20 s.
    #[must_use]
    pub const fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }
}
