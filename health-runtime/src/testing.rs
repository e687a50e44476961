//! The test kit. With it you test what your service reports while something fails, without a thread, a server or a
//! wait.
//!
//! [`TestHealth`] is the real engine with the real checks, but nothing in it happens by itself. Checks run when you
//! call [`refresh`](TestHealth::refresh), or you [force](TestHealth::force) them into a state. Time passes when you
//! call [`advance`](TestHealth::advance). Enable it only for your tests:
//!
//! ```toml
//! [dev-dependencies]
//! health-runtime = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # Payments fail: the service is degraded, and still ready
//!
//! ```
//! use health_runtime::testing::TestHealth;
//! use health_runtime::{Flag, HealthState, Probe, Status};
//!
//! #[derive(HealthState)]
//! struct AppState {
//!     #[health_check(critical)]
//!     db: Flag,
//!     #[health_check]
//!     payments: Flag,
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! // in a `#[tokio::test]`:
//! let health = TestHealth::new(AppState { db: Flag::healthy(), payments: Flag::healthy() });
//! health.refresh().await;
//! health.assert_status(Probe::Readiness, Status::Healthy);
//! health.force("payments", Status::Unhealthy);
//! health.assert_status(Probe::Readiness, Status::Degraded);
//! # });
//! ```
//!
//! An assertion that fails shows all checks:
//!
//! ```text
//! readiness is degraded, expected healthy; the service is running
//!   [-] payments: unhealthy, error: connection refused
//!   [+] db (critical): healthy
//! ```
//!
//! # The check of the database no longer runs: the service is not ready
//!
//! ```
//! use health_runtime::testing::TestHealth;
//! use health_runtime::{Flag, HealthState, Probe, Reason, Status};
//! use std::time::Duration;
//!
//! #[derive(HealthState)]
//! struct AppState {
//!     #[health_check(critical, max_age = "30s")]
//!     db: Flag,
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let health = TestHealth::new(AppState { db: Flag::healthy() });
//! health.refresh().await;
//! health.advance(Duration::from_secs(30));
//! health.assert_status(Probe::Readiness, Status::Healthy);
//! health.advance(Duration::from_millis(50));
//! health.assert_status(Probe::Readiness, Status::Unhealthy);
//! assert_eq!(health.check("db").reason, Some(Reason::Stale));
//! # });
//! ```
//!
//! # Your own router, as your service builds it
//!
//! [`TestHealth`] has all methods of [`Health`]. Only its [`refresh`](TestHealth::refresh) differs: it runs the checks
//! itself, and waits for them.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use health_runtime::testing::TestHealth;
//! use health_runtime::{Flag, Health, HealthState, Status};
//! use tower_service::Service as _;
//!
//! #[derive(HealthState)]
//! struct AppState {
//!     #[health_check(critical)]
//!     db: Flag,
//! }
//!
//! fn app(health: &Health) -> Router {
//!     Router::new().route("/orders", get(|| async { "[]" })).merge(health.router())
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let health = TestHealth::new(AppState { db: Flag::healthy() });
//! let mut app = app(&health);
//! for (status, code) in [(Status::Healthy, 200), (Status::Unhealthy, 503)] {
//!     health.force("db", status);
//!     let request = Request::get("/readyz").body(Body::empty()).unwrap();
//!     assert_eq!(app.call(request).await.unwrap().status(), code);
//! }
//! # });
//! ```

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;

use crate::engine::Engine;
use crate::health::{Health, HealthBuilder};
use crate::http::{Answer, Probes};
use crate::outcome::{IntoOutcome, Reason, Status};
use crate::report::{CheckReport, Phase, Report};
use crate::spec::Probe;
use crate::state::HealthState;

/// A [`Health`] for tests, in which nothing happens by itself. See the [module](self) for examples.
///
/// It has no thread and no task, needs no runtime, and its clock stands still. Everything else is as in production,
/// including thresholds, breakers, the start and the drain. These things differ:
///
/// - Checks run only in [`refresh`](Self::refresh). They do not run at the start, after their interval, when a probe
///   finds that their `ttl` has passed, or when they ask for a run, as a [`Flag`](crate::Flag) does.
/// - Probes do not wait.
/// - A check that reads another clock than that of the engine still reads it. For example, a
///   [`Heartbeat`](crate::Heartbeat) measures silence in real time.
/// - Signals are ignored, `stalled_after` has no effect, and `serve_internal` returns an error.
///
/// Call [`Health::startup_task`] before the first refresh, force, advance, probe or assertion. After that, the service
/// starts as soon as nothing is left to wait for, and a start is final. In production, the first router has this
/// effect.
///
/// It dereferences to its [`Health`], so it has all methods of `Health`. The checks and the state are dropped with it,
/// unless a clone of its `Health` lives on.
#[derive(Debug)]
pub struct TestHealth {
    health: Health,
    /// Created when it is first needed. From then on the service has probes, so it may start.
    probes: OnceLock<Probes>,
}

impl TestHealth {
    /// Creates a health engine for this state. The engine owns the state. To set options, use
    /// [`HealthBuilder::manual`].
    ///
    /// # Panics
    ///
    /// Panics if [`HealthBuilder::try_start`] returns an error. It needs no runtime.
    #[track_caller]
    pub fn new<S: HealthState>(state: S) -> Self {
        Health::builder(state).manual()
    }

    /// The [`Health`], for code that takes one. A router of a clone of it answers for this engine too.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Runs every check once, all at the same time in this task, and waits for them. Thresholds count this as one run
    /// of each check.
    ///
    /// These checks do not run:
    ///
    /// - a check that is disabled or forced;
    /// - a check with an open breaker;
    /// - a check in the startup probe alone, after the service has started;
    /// - a check with a run in flight in another refresh.
    ///
    /// A `blocking` check blocks the caller. A panic counts as a failure of that check.
    ///
    /// The timers of the current tokio runtime enforce the timeouts, so that runtime must have time enabled. Without a
    /// runtime there is no timeout.
    ///
    /// While checks wait for something, the clock follows that of tokio, in whole milliseconds. So under
    /// `tokio::time::pause`, a check that sleeps for 300 ms takes 300 ms on this clock, and no real time. A check that
    /// waits for nothing takes no time on this clock. If it blocks for its whole timeout, it still times out.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels the runs in flight. This counts as a failure of their checks (`cancelled`).
    pub async fn refresh(&self) {
        self.engine().refresh().await;
    }

    /// From now on the check has this result, at once, whatever its thresholds say, and with its breaker closed. It
    /// does not run and does not age until [`unforce`](Self::unforce). If it is forced again, the last result counts.
    ///
    /// The result counts as the result of a run. So a startup check that is forced healthy has passed, and `fail_open`
    /// lowers a failure to degraded. The result can be a `Status`, an `Outcome` or an `Err`. An `Err` has reason
    /// `error`, and its text is the message.
    ///
    /// # Panics
    ///
    /// Panics if no check has this name. A check in a nested struct is named `field.check`.
    #[track_caller]
    pub fn force(&self, check: &str, result: impl IntoOutcome) {
        let index = self.index(check);
        self.engine().force(index, result.into_outcome());
    }

    /// From now on the check runs again and ages. Until the next refresh, it keeps the forced result, as if a run had
    /// returned it just now. Thresholds count from there. Does nothing if the check is not forced.
    ///
    /// # Panics
    ///
    /// Panics if no check has this name.
    #[track_caller]
    pub fn unforce(&self, check: &str) {
        let index = self.index(check);
        self.engine().unforce(index);
    }

    /// Lets time pass, in steps of 50 ms as in production, without running a check. So results become stale, runs in
    /// flight become stuck, breakers allow a trial, and a drain ends. An hour is 72,000 steps, and takes about a tenth
    /// of a second.
    pub fn advance(&self, time: Duration) {
        self.engine().advance(time);
    }

    /// Calls a probe by its path, like `GET`: `/readyz`, `/readyz/db`, `/health?exclude=db`. Does not wait.
    ///
    /// # Panics
    ///
    /// Panics if no probe has this path.
    #[track_caller]
    pub fn get(&self, path_and_query: &str) -> Answer {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let answer = self.probes().answer("GET", path, query).now_or_never();
        // No closures from here on: a panic inside a closure would not have the line of the caller.
        match answer.expect("an engine that nothing runs in has nothing to wait for") {
            Some(answer) => answer,
            None => panic!(
                "no probe is at {path:?}; they are at {}",
                self.health.engine.paths.join(", ")
            ),
        }
    }

    /// The report of a probe.
    pub fn report(&self, probe: Probe) -> Report {
        self.engine().report(probe)
    }

    /// The report of one check, with its reason and message.
    ///
    /// # Panics
    ///
    /// Panics if no check has this name. A check in a nested struct is named `field.check`.
    #[track_caller]
    pub fn check(&self, name: &str) -> CheckReport {
        let index = self.index(name);
        let name = self.engine().plans[index].spec.name();
        let mut checks = self.report(Probe::Health).checks.into_iter();
        let found = checks.find(|check| check.name == name);
        found.expect("every check is in this probe")
    }

    /// Asserts the status of a probe.
    ///
    /// # Panics
    ///
    /// Panics if the probe has another status. The message lists every check with its status, reason and message.
    #[track_caller]
    pub fn assert_status(&self, probe: Probe, expected: Status) {
        let report = self.report(probe);
        let found = Found(report.status, report.reason);
        assert!(
            report.status == expected,
            "{probe} is {found}, expected {expected}; {}",
            self.explained()
        );
    }

    /// Asserts the status of a check, critical or not.
    ///
    /// # Panics
    ///
    /// Panics if the check has another status, or if no check has this name. The message lists every check with its
    /// status, reason and message.
    #[track_caller]
    pub fn assert_check(&self, name: &str, expected: Status) {
        let check = self.check(name);
        let found = Found(check.status, check.reason);
        assert!(
            check.status == expected,
            "`{name}` is {found}, expected {expected}; {}",
            self.explained()
        );
    }

    fn explained(&self) -> Explained {
        Explained(self.report(Probe::Health))
    }

    fn engine(&self) -> &Arc<Engine> {
        self.probes();
        &self.health.engine
    }

    /// Creates the probes at the first call. From then on the service may start.
    fn probes(&self) -> &Probes {
        self.probes.get_or_init(|| self.health.probes())
    }

    #[track_caller]
    fn index(&self, check: &str) -> usize {
        let engine = &self.health.engine;
        if let Some(index) = engine.check_named(check) {
            return index;
        }
        let names: Vec<_> = engine.plans.iter().map(|plan| plan.spec.name()).collect();
        panic!("there is no check `{check}`; there are: {}", names.join(", "));
    }
}

impl Deref for TestHealth {
    type Target = Health;

    fn deref(&self) -> &Health {
        &self.health
    }
}

impl<S: HealthState> HealthBuilder<S> {
    /// Builds the engine for a test, in which nothing happens by itself. See [`testing`](crate::testing).
    ///
    /// ```
    /// use health_runtime::{Flag, Health, HealthState, Phase};
    /// use std::time::Duration;
    ///
    /// #[derive(HealthState)]
    /// struct AppState {
    ///     #[health_check]
    ///     flag: Flag,
    /// }
    ///
    /// let state = AppState { flag: Flag::healthy() };
    /// let health = Health::builder(state).drain(Duration::from_secs(15)).manual();
    /// health.drain();
    /// assert_eq!(health.phase(), Phase::Draining);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if [`try_start`](Self::try_start) returns an error. It needs no runtime.
    #[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
    #[track_caller]
    pub fn manual(self) -> TestHealth {
        match self.start_on(None) {
            Ok(health) => TestHealth {
                health,
                probes: OnceLock::new(),
            },
            Err(error) => error.refuse(),
        }
    }
}

/// A status and its reason, for use in a sentence.
struct Found(Status, Option<Reason>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        self.1.map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

/// Explains why an assertion fails: the phase, and all checks.
struct Explained(Report);

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service is {}", self.0.phase)?;
        if self.0.phase == Phase::Starting {
            f.write_str(": a startup task, a startup check or `mark_started()` is missing")?;
        }
        for check in &self.0.checks {
            let sign = if check.status.passes() { '+' } else { '-' };
            let critical = if check.critical { " (critical)" } else { "" };
            write!(f, "\n  [{sign}] {}{critical}: {}", check.name, check.status)?;
            if let Some(reason) = check.reason {
                write!(f, ", {reason}")?;
            }
            if let Some(message) = &check.message {
                write!(f, ": {message}")?;
            }
            match check.reason {
                Some(Reason::Pending) => f.write_str(": it has not run yet, and does so in `refresh().await`")?,
                Some(Reason::Stale) => f.write_str(": `advance` runs nothing, `refresh().await` does")?,
                _ => {}
            }
        }
        Ok(())
    }
}
