//! A test kit for your own tests. Use it to test what your service reports while something fails. Such a test needs no
//! threads and no server, and it does not have to wait.
//!
//! [`TestHealth`] is the real engine with the real checks, except that nothing happens by itself. Checks run when you
//! call [`refresh`](TestHealth::refresh), or you can [force](TestHealth::force) them into a state. Time passes when you
//! call [`advance`](TestHealth::advance). Enable the feature only for your tests:
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
//! If an assertion fails, its message lists all checks:
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
//! [`TestHealth`] has all methods of [`Health`]. Only [`refresh`](TestHealth::refresh) works differently: it runs the
//! checks itself and waits for them.
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

#[cfg(feature = "kubernetes")]
mod manifest;

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

#[cfg(feature = "kubernetes")]
#[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
pub use self::manifest::assert_manifest;

/// A [`Health`] for tests, which runs checks and lets time pass only when the test asks for it. See the [module
/// documentation](self) for examples.
///
/// A `TestHealth` does not start any threads or tasks and does not need a runtime, and its clock only moves when the
/// test moves it. Everything else works as it does in production, including thresholds, circuit breakers, startup and
/// the drain. The differences are:
///
/// - Checks only run when you call [`refresh`](Self::refresh). They don't run at startup or when their interval has
///   passed. They also don't run when a probe finds that their `ttl` has passed, or when they ask to be run, as a
///   [`Flag`](crate::Flag) does.
/// - Probes never wait.
/// - A check that reads a clock other than the engine's keeps using that clock. For example, a
///   [`Heartbeat`](crate::Heartbeat) measures silence in real time.
/// - Signals are ignored, `stalled_after` has no effect, and `serve` and `serve_internal` return an error.
///
/// If you use [`Health::startup_task`], call it before you refresh, force or advance anything, query a probe or make an
/// assertion for the first time. After that, the service starts as soon as there is nothing left to wait for, and it
/// can't go back to starting. In production, creating the first router has the same effect.
///
/// `TestHealth` dereferences to [`Health`], so all methods of `Health` are available on it. When a `TestHealth` is
/// dropped, its checks and its state are dropped as well, unless a clone of its `Health` still exists.
#[derive(Debug)]
pub struct TestHealth {
    health: Health,
    /// Created at the first use. From then on, the service has probes, so it may start.
    probes: OnceLock<Probes>,
}

impl TestHealth {
    /// Creates a health engine that owns the given state. If you need to set options, use [`HealthBuilder::manual`]
    /// instead.
    ///
    /// # Panics
    ///
    /// Panics if [`HealthBuilder::try_start`] would return an error, except that this function does not need a runtime.
    #[track_caller]
    pub fn new<S: HealthState>(state: S) -> Self {
        Health::builder(state).manual()
    }

    /// Returns the underlying [`Health`], for code that expects one. A router that is created from a clone of this
    /// `Health` answers for this engine as well.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Runs every check once and waits until all of them have finished. The checks run concurrently in the current
    /// task, and thresholds are applied just as they are after any single run.
    ///
    /// The following checks do not run:
    ///
    /// - checks that are disabled or forced;
    /// - checks whose circuit breaker is open;
    /// - checks that are only in the startup probe, once the service has started;
    /// - checks that are already running in another refresh.
    ///
    /// A `blocking` check blocks the caller, and a check that panics is treated as failed.
    ///
    /// Timeouts rely on the timers of the current tokio runtime, so its time driver must be enabled. Without a runtime,
    /// there are no timeouts.
    ///
    /// While checks are waiting, the engine's clock follows tokio's clock, in whole milliseconds. For example, under
    /// `tokio::time::pause`, a check that sleeps for 300 ms takes 300 ms on the engine's clock, but no real time. A
    /// check that never waits takes no time on the engine's clock, although it still times out if it blocks for its
    /// whole timeout.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the checks that are still running. Each of them is treated as failed, with the
    /// reason `cancelled`.
    pub async fn refresh(&self) {
        self.engine().refresh().await;
    }

    /// Forces the check to report the given result until you call [`unforce`](Self::unforce). The result takes effect
    /// immediately, regardless of the check's thresholds, and the check's circuit breaker is treated as closed. While
    /// it is forced, the check does not run and its result does not become stale. Forcing the check again replaces the
    /// previous result.
    ///
    /// The forced result is treated like the result of a normal run. For example, a startup check that is forced to be
    /// healthy has passed, and `fail_open` turns a failure into degraded. You can pass a `Status`, an `Outcome` or an
    /// `Err`, which is reported with the reason `error` and with its text as the message.
    ///
    /// # Panics
    ///
    /// Panics if there is no check with this name. A check in a nested struct is named `field.check`.
    #[track_caller]
    pub fn force(&self, check: &str, result: impl IntoOutcome) {
        let index = self.index(check);
        self.engine().force(index, result.into_outcome());
    }

    /// Removes the forced result, so that the check runs normally again. Until the next refresh, the check keeps the
    /// forced result, which is treated like the result of a normal run: it can become stale, and thresholds count from
    /// it. If the check is not forced, this method does nothing.
    ///
    /// # Panics
    ///
    /// Panics if there is no check with this name.
    #[track_caller]
    pub fn unforce(&self, check: &str) {
        let index = self.index(check);
        self.engine().unforce(index);
    }

    /// Moves the clock forward by the given duration, without running any checks. Everything that depends on time takes
    /// effect on the way: results can become stale, runs that take too long are reported as stuck, open circuit
    /// breakers let a trial run through, and a drain can end.
    ///
    /// As in production, the clock moves in steps of 50 ms. Advancing by an hour takes 72,000 steps, or about a tenth
    /// of a second of real time.
    pub fn advance(&self, time: Duration) {
        self.engine().advance(time);
    }

    /// Sends a `GET` request to the probe at the given path, for example `/readyz`, `/readyz/db` or
    /// `/health?exclude=db`, and returns the answer without waiting.
    ///
    /// # Panics
    ///
    /// Panics if there is no probe at this path.
    #[track_caller]
    pub fn get(&self, path_and_query: &str) -> Answer {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let answer = self.probes().answer("GET", path, query).now_or_never();
        // No closures from here on: a panic inside a closure would not have the line of the caller.
        let answer = answer.expect("an engine that nothing runs in has nothing to wait for");
        let Some(answer) = answer else {
            let paths: Vec<_> = self
                .health
                .engine
                .service
                .routes
                .iter()
                .map(|route| &*route.path)
                .collect();
            panic!("no probe is at {path:?}; they are at {}", paths.join(", "));
        };
        answer
    }

    /// Returns the current report of the given probe.
    pub fn report(&self, probe: Probe) -> Report {
        self.engine().report(probe)
    }

    /// Returns the current report of the given check, including its reason and message.
    ///
    /// # Panics
    ///
    /// Panics if there is no check with this name. A check in a nested struct is named `field.check`.
    #[track_caller]
    pub fn check(&self, name: &str) -> CheckReport {
        let index = self.index(name);
        let name = self.engine().plans[index].spec.name();
        let mut checks = self.report(Probe::Health).checks.into_iter();
        let found = checks.find(|check| check.name == name);
        found.expect("every check is in this probe")
    }

    /// Asserts that the given probe has the expected status.
    ///
    /// # Panics
    ///
    /// Panics if the probe has a different status. The panic message lists every check with its status, reason and
    /// message.
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

    /// Asserts that the given check has the expected status, whether or not the check is critical.
    ///
    /// # Panics
    ///
    /// Panics if the check has a different status, or if there is no check with this name. When the status is
    /// different, the panic message lists every check with its status, reason and message.
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

    /// Creates the probes at the first call. From then on, the service may start.
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
    /// Builds the engine for a test, in which checks run and time passes only when the test asks for it. See the
    /// [`testing`](crate::testing) module for examples.
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
    /// Panics if [`try_start`](Self::try_start) would return an error, except that this method does not need a runtime.
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
