//! [`Health`], the handle to a running health engine. [`builder`] starts the engine.

mod builder;
pub(crate) mod planned;
mod state_runner;

use std::sync::{Arc, Weak};

pub use self::builder::HealthBuilder;
use crate::engine::{EngineHandle, Named};
use crate::outcome::Status;
use crate::report::{Phase, Report};
use crate::spec::Probe;
use crate::state::HealthState;

/// A handle to a running health engine. A service keeps the handle and passes it to its router and its server.
///
/// Cloning a `Health` returns another handle to the same engine. When the last handle is dropped, the engine shuts
/// down: its threads stop, and in-flight runs are aborted. Routers, [`Probes`](crate::Probes), layers, listeners and
/// shutdown signals each hold a handle of their own. The servers of `serve` and `serve_internal` don't hold one, so
/// they do not keep the engine alive.
///
/// Do not keep a `Health` inside the state that its engine owns. That would be a reference cycle, and the engine would
/// never shut down. Use a [`WeakHealth`] there instead.
///
/// ```no_run
/// use health_runtime::{Flag, HealthState};
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check]
///     flag: Flag,
/// }
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     let health = AppState { flag: Flag::healthy() }.start_health();
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     health.serve_axum(listener, axum::Router::new()).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    pub(crate) engine: Arc<EngineHandle>,
}

impl Health {
    /// Returns a builder for a health engine that checks the given state. The engine takes ownership of the state.
    ///
    /// If you still need the state yourself but it isn't `Clone`, use `Health::builder(Arc::clone(&state))`. If there
    /// is no state at all, use `Health::builder(())` and add all checks to the builder.
    ///
    /// ```
    /// use health_runtime::{Flag, Health, HealthState};
    /// use std::time::Duration;
    ///
    /// #[derive(HealthState)]
    /// struct AppState {
    ///     #[health_check]
    ///     flag: Flag,
    /// }
    ///
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let state = AppState { flag: Flag::healthy() };
    /// let health = Health::builder(state).name("orders").drain(Duration::from_secs(15)).start();
    /// ```
    pub fn builder<S: HealthState>(state: S) -> HealthBuilder<S> {
        HealthBuilder::new(state)
    }

    /// Returns the current report of a probe, without waiting and without starting any runs. Reports contain error
    /// texts, so they should not be made public.
    ///
    /// Until the service has probes, it is treated as not started. It gets them when you call [`router`](Self::router),
    /// [`probes`](Self::probes) or another method that serves probes, see
    /// [Starting](crate::_documentation::states#starting).
    pub fn report(&self, probe: Probe) -> Report {
        self.engine.report(probe)
    }

    /// Returns the current status of a probe, without waiting and without starting any runs. This is cheaper than
    /// creating a full [`report`](Self::report).
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState, Probe, Status};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let health = AppState { flag: Flag::healthy() }.start_health();
    /// assert_eq!(health.status(Probe::Readiness), Status::Unhealthy); // it has no probes yet
    /// assert!(health.status(Probe::Liveness).passes());
    /// ```
    pub fn status(&self, probe: Probe) -> Status {
        self.engine.view().verdict(probe).status
    }

    /// Asks the check with the given name to run now instead of at its next interval, for example after a dependency of
    /// the check has been deployed. If the name belongs to a nested struct, all of the struct's checks are run. Returns
    /// `false` if there is no check or nested struct with this name.
    ///
    /// This method doesn't wait for the check to run. If a run is already in flight, another one starts after it has
    /// ended. A check starts at most once every 50 ms, no matter how often this method is called.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] db: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let health = AppState { db: Flag::healthy() }.start_health();
    /// assert!(health.refresh("db"));
    /// assert!(!health.refresh("bd"));
    /// ```
    pub fn refresh(&self, name: &str) -> bool {
        let checks = self.engine.names.named(name).map(Named::checks);
        let is_known = checks.is_some();
        self.engine.request(checks.unwrap_or_default());
        is_known
    }

    /// Asks every check to run now, as [`refresh`](Self::refresh) does for a single check.
    pub fn refresh_all(&self) {
        self.engine.request(0..self.engine.plans.len());
    }

    /// Returns the current phase of the service, which is either starting, running or draining.
    pub fn phase(&self) -> Phase {
        self.engine.view().standing.phase
    }

    /// Returns `true` if the service is draining. See [`drain`](Self::drain) for details.
    pub fn is_draining(&self) -> bool {
        self.engine.is_draining()
    }

    /// Creates a [`WeakHealth`] handle, which does not keep the engine alive.
    pub fn downgrade(&self) -> WeakHealth {
        WeakHealth(Arc::downgrade(&self.engine))
    }
}

/// A handle to a health engine that does not keep the engine alive, so it can be stored inside the state that the
/// engine owns.
///
/// The [`Default`] handle doesn't belong to any engine, so calling [`upgrade`](Self::upgrade) on it returns `None`.
#[derive(Clone, Debug, Default)]
pub struct WeakHealth(Weak<EngineHandle>);

impl WeakHealth {
    /// Returns a [`Health`] handle to the engine, or `None` if the engine has already shut down.
    pub fn upgrade(&self) -> Option<Health> {
        self.0.upgrade().map(|engine| Health { engine })
    }
}
