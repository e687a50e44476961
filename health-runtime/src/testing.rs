//! The test kit: what your service reports while something fails, tested without a thread, a server or a wait.
//!
//! [`TestHealth`] is the real engine with the real checks, and nothing in it happens by itself. Checks run when
//! [`refresh`](TestHealth::refresh) says so, or are [forced](TestHealth::force) into a state; time passes when
//! [`advance`](TestHealth::advance) says so. Enable it for your tests alone:
//!
//! ```toml
//! [dev-dependencies]
//! health-runtime = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # Payments fail: the service is degraded, and goes on
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
//! An assertion that does not hold says why:
//!
//! ```text
//! readiness is degraded, expected healthy; the service is running
//!   [-] payments: unhealthy, error: connection refused
//!   [+] db (critical): healthy
//! ```
//!
//! # Nothing is heard of the database any more: not ready
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
//! Each method of [`Health`] but `refresh` is one of [`TestHealth`] too.
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

/// A [`Health`] for tests, in which nothing happens by itself: see the [module](self) for examples.
///
/// It has no thread and no task, needs no runtime, and its clock stands still. Everything else is as in production,
/// thresholds, breakers, the start and the drain included. What differs:
///
/// - No check runs but by [`refresh`](Self::refresh): not at the start, not after its interval, not because a probe finds
///   it expired (`ttl`), not because it asks for it itself, as a [`Flag`](crate::Flag) does.
/// - Probes wait for nothing.
/// - What looks at another clock than the engine's does so here: a [`Heartbeat`](crate::Heartbeat) is silent in real time.
/// - Signals are not listened to, `stalled_after` is not watched, and `serve_internal` is an error.
///
/// What starting waits for ([`Health::startup_task`]) is declared before the first refresh, force, advance, probe or
/// assertion: from there on a start with nothing left to wait for is final, as it is in production from the first
/// router on.
///
/// It dereferences to its [`Health`], so that every method of that is here. The checks and the state are dropped with it,
/// unless clones of its `Health` live on.
#[derive(Debug)]
pub struct TestHealth {
    health: Health,
    /// Made when the start is armed.
    probes: OnceLock<Probes>,
}

impl TestHealth {
    /// A health engine for this state, which the engine then owns. [`HealthBuilder::manual`] takes options.
    ///
    /// # Panics
    ///
    /// Panics if [`HealthBuilder::try_start`] returns an error; but it needs no runtime.
    #[track_caller]
    pub fn new<S: HealthState>(state: S) -> Self {
        Health::builder(state).manual()
    }

    /// The real thing, for what takes a [`Health`]. The router of a clone of it answers here too.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Runs every check once, all at the same time in this task, and waits for them: one run more for the thresholds.
    ///
    /// Not called are checks that are disabled or forced, those whose breaker is open, startup checks that have ended
    /// with the start, and those whose run is in flight in another refresh. A `blocking` check blocks the caller. A panic
    /// is that check's failure.
    ///
    /// Each is held to its timeout by the timers of the tokio runtime that this is called on, which has to have time
    /// enabled; without a runtime there is no limit. While checks wait for something, the clock follows tokio's, by whole
    /// milliseconds: under `tokio::time::pause` a check that sleeps for 300 ms takes 300 ms here and none of yours. A check
    /// that waits for nothing takes no time, but is late if it blocks for its whole timeout.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels the runs in flight, which is a failure of their checks (`cancelled`).
    pub async fn refresh(&self) {
        self.engine().refresh().await;
    }

    /// From now on the check is this: at once, whatever its thresholds say, with its breaker closed. It is not called
    /// any more and does not age, until [`unforce`](Self::unforce); forced again, it is what was said last.
    ///
    /// It counts as what its runs say: a startup check that is forced healthy has passed, and `fail_open` makes its
    /// failure degraded. `Status`, `Outcome` and `Err` say what; `Err` is `error`, with its text.
    ///
    /// # Panics
    ///
    /// If there is no check of this name. One in a nested struct is `field.check`.
    #[track_caller]
    pub fn force(&self, check: &str, result: impl IntoOutcome) {
        let index = self.index(check);
        self.engine().force(index, result.into_outcome());
    }

    /// From now on the check is called again, and the clock ages it. Until the next refresh it is what it was forced to,
    /// as if a run had said so just now; thresholds count from there. Does nothing to a check that is not forced.
    ///
    /// # Panics
    ///
    /// If there is no check of this name.
    #[track_caller]
    pub fn unforce(&self, check: &str) {
        let index = self.index(check);
        self.engine().unforce(index);
    }

    /// Lets time pass, in steps of 50 ms as in production, without running anything: results grow stale, runs in flight
    /// stuck, breakers let a trial through, a drain comes to its end. An hour is 72,000 steps, a tenth of a second or so.
    pub fn advance(&self, time: Duration) {
        self.engine().advance(time);
    }

    /// Asks a probe by its path, as `GET` does: `/readyz`, `/readyz/db`, `/health?exclude=db`. Waits for nothing.
    ///
    /// # Panics
    ///
    /// If the path is none of a probe's.
    #[track_caller]
    pub fn get(&self, path_and_query: &str) -> Answer {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let answer = self.probes().answer("GET", path, query).now_or_never();
        // No closures from here on: a panic in one would not be at the caller's line.
        match answer.expect("an engine that nothing runs in has nothing to wait for") {
            Some(answer) => answer,
            None => panic!(
                "no probe is at {path:?}; they are at {}",
                self.health.engine.paths.join(", ")
            ),
        }
    }

    /// What a probe says.
    pub fn report(&self, probe: Probe) -> Report {
        self.engine().report(probe)
    }

    /// One check, with its reason and message.
    ///
    /// # Panics
    ///
    /// If there is no check of this name. One in a nested struct is `field.check`.
    #[track_caller]
    pub fn check(&self, name: &str) -> CheckReport {
        let index = self.index(name);
        let name = self.engine().plans[index].spec.name();
        let mut checks = self.report(Probe::Health).checks.into_iter();
        let found = checks.find(|check| check.name == name);
        found.expect("every check is in this probe")
    }

    /// Asserts what a probe says.
    ///
    /// # Panics
    ///
    /// If it says something else. The text lists every check with its status, reason and message.
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

    /// Asserts how a check is, whether or not it is critical.
    ///
    /// # Panics
    ///
    /// If it is not, or if there is no check of this name. The text lists every check with its status, reason and message.
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

    /// Arms the start when first called.
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
    /// Builds the engine for a test, in which nothing happens by itself: see [`testing`](crate::testing).
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
    /// Where [`try_start`](Self::try_start) returns an error; but it needs no runtime.
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

/// A status and its reason, as a sentence has them.
struct Found(Status, Option<Reason>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        self.1.map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

/// Why an assertion does not hold: all that is known.
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
