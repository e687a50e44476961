//! [`Health`], the handle that a service holds, and [`HealthBuilder`], which starts it.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::check::HealthCheck;
use crate::engine::{Engine, EngineHandle, Named, Plan, Runner};
use crate::function::HealthFn;
use crate::naming;
use crate::outcome::{CheckFuture, Status};
use crate::package::Package;
use crate::report::{Phase, Report};
use crate::spec::{CheckSpec, Probe, ServiceSpec, rules, unique};
use crate::start_error::StartError;
use crate::state::{Checks, Declared, HealthState, StateCheck};
use crate::trigger::Trigger;

/// A running health engine: what a service holds, and hands to its router and its server.
///
/// Clones are handles to the same engine. When the last of them is gone (routers, layers and shutdown signals count,
/// an internal port does not), the engine ends: its thread stops and runs in flight are aborted. A `Health` kept inside the state that it watches
/// would never end; keep a [`WeakHealth`] there.
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
///     let app: axum::Router = axum::Router::new().merge(health.router());
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     axum::serve(health.listener(listener), app).with_graceful_shutdown(health.shutdown_signal()).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    pub(crate) engine: Arc<EngineHandle>,
}

impl Health {
    /// Starts to build a health engine for this state, which the engine then owns. Without `Clone`:
    /// `Health::builder(Arc::clone(&state))`. Without a state, where all checks are added here: `Health::builder(())`.
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

    /// What a probe says now. Waits for nothing and starts nothing. Do not publish it: it holds error texts.
    ///
    /// The service counts as started only once it has probes: a [`router`](Self::router), [`probes`](Self::probes) or an
    /// internal port.
    pub fn report(&self, probe: Probe) -> Report {
        self.engine.report(probe)
    }

    /// What a probe says now, without the checks: cheaper than [`report`](Self::report). Waits for nothing and starts
    /// nothing.
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

    /// Asks for a run of this check now, instead of at its next interval, for example after a deployment of its dependency.
    /// The name of a nested struct stands for all of its checks. Returns `false` if no check and no nested struct has this
    /// name.
    ///
    /// Does not wait for the run. If a run is in flight, another one starts after it. A check starts at most once every
    /// 50 ms, however often this is called.
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

    /// Asks for a run of every check now, as [`refresh`](Self::refresh) does for one.
    pub fn refresh_all(&self) {
        self.engine.request(0..self.engine.plans.len());
    }

    /// Where the service is between its start and its end.
    pub fn phase(&self) -> Phase {
        self.engine.view().standing.phase
    }

    /// Whether the service is shutting down, see [`drain`](Self::drain).
    pub fn is_draining(&self) -> bool {
        self.engine.is_draining()
    }

    /// A handle that does not keep the engine alive.
    pub fn downgrade(&self) -> WeakHealth {
        WeakHealth(Arc::downgrade(&self.engine))
    }
}

/// A handle that does not keep the engine alive: for code inside the state that the engine owns. The default one never
/// upgrades.
#[derive(Clone, Debug, Default)]
pub struct WeakHealth(Weak<EngineHandle>);

impl WeakHealth {
    /// The engine, while somebody else keeps it alive.
    pub fn upgrade(&self) -> Option<Health> {
        self.0.upgrade().map(|engine| Health { engine })
    }
}

/// Starts a [`Health`]: everything that `#[health(…)]` on the struct says can be said here too, and wins; but a flag
/// that the struct sets stays set. Of `interval` and `ttl`, the last one counts.
///
/// Its options have the same limits as in the derive: durations are 1 ms to 24 h, `ttl` and `drain` may be zero. An option
/// that the derive would refuse while compiling is an error at the start: [`StartError::Service`], or [`StartError::Check`]
/// if it contradicts the options of a check.
///
/// The defaults that `timeout`, `interval` and `ttl` are do not reach the checks of nested structs: those have the ones
/// that stand on their own struct, with which their options have been compiled.
#[must_use = "a builder does nothing until `start` or `try_start`"]
pub struct HealthBuilder<S> {
    state: S,
    checks: Checks<S>,
}

impl<S: HealthState> HealthBuilder<S> {
    pub(crate) fn new(state: S) -> Self {
        let mut checks = Checks::new();
        S::register(&mut checks);
        Self { state, checks }
    }

    fn service(mut self, change: impl FnOnce(ServiceSpec) -> ServiceSpec) -> Self {
        self.checks.service = change(self.checks.service);
        self
    }

    /// Notes a name or version that the derive would refuse. The check is here and not at the start, because a name or
    /// version that the derive takes from Cargo may be longer.
    fn label(mut self, option: &str, text: &str) -> Self {
        if let Err(error) = rules::validate_label(option, text) {
            self.checks.refused.get_or_insert(error);
        }
        self
    }

    /// Takes name and version from this package: for a state that another crate declares, whose package the derive takes.
    ///
    /// ```
    /// # use health_runtime::Health;
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let health = Health::builder(()).package(health_runtime::package!()).start();
    /// ```
    pub fn package(self, package: Package) -> Self {
        self.service(|service| ServiceSpec {
            name: package.name().into(),
            version: package.version().into(),
            ..service
        })
    }

    /// The service's name in reports, 1 to 64 characters. Default: the package name of the crate that declares the state;
    /// for a state without the derive, the name of the executable.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.label("name", &name)
            .service(|service| ServiceSpec { name, ..service })
    }

    /// The service's version in reports, 1 to 64 characters. Default: the package version of the crate that declares the
    /// state; for a state without the derive, `unknown`.
    pub fn version(self, version: impl Into<Cow<'static, str>>) -> Self {
        let version = version.into();
        self.label("version", &version)
            .service(|service| ServiceSpec { version, ..service })
    }

    /// Adds a check that is a function of the whole state: `.function::<disk_space>()`, in angle brackets, because the
    /// check is a type; rustc's E0747 here (`constant provided when a type was expected`) means that the function has
    /// no `#[health_check]`.
    ///
    /// Also where the builder has an `Arc` of the state: a function of `&AppState` is one of `Arc<AppState>` too. A function
    /// with a type parameter for the state gets the `Arc`.
    ///
    /// ```
    /// use health_runtime::{Flag, Health, HealthState, health_check};
    ///
    /// #[derive(HealthState)]
    /// struct AppState {
    ///     #[health_check]
    ///     accepting: Flag,
    /// }
    ///
    /// #[health_check(critical)]
    /// async fn disk_space(_: &AppState) -> std::io::Result<()> {
    ///     Ok(()) // …
    /// }
    ///
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let state = AppState { accepting: Flag::healthy() };
    /// let health = Health::builder(state).function::<disk_space>().start();
    /// ```
    pub fn function<F: HealthFn<S>>(mut self) -> Self {
        self.checks.function::<F>();
        self
    }

    /// Adds a check that no struct declares: one for each entry of a configuration, or of a value that the state does not
    /// hold. The engine owns it, and drops it when it ends; keep a clone (of a [`Flag`](crate::Flag), an `Arc`) to go on
    /// using it. For members of a set that come and go while the service runs there are [`Parts`](crate::Parts): nothing
    /// is added after the start.
    ///
    /// The rules of the derive apply to the spec at the start, see [`StartError::Check`]. In the liveness probe it needs
    /// `in_process` or `restart_helps`, see [`StartError::Liveness`].
    ///
    /// ```
    /// use health_runtime::{CheckSpec, Flag, Health, HealthState};
    ///
    /// #[derive(HealthState)]
    /// #[health(name = "gateway")]
    /// struct AppState;
    ///
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let mut builder = Health::builder(AppState);
    /// for upstream in ["orders", "billing"] {
    ///     let reachable = Flag::healthy();
    ///     builder = builder.check(CheckSpec::named(format!("upstream-{upstream}")), reachable.clone());
    /// }
    /// let health = builder.start();
    /// ```
    pub fn check(mut self, spec: CheckSpec, value: impl HealthCheck) -> Self {
        self.checks.own(spec, value);
        self
    }

    /// The timeout of checks that declare none. It must be shorter than the [`interval`](Self::interval) of the same
    /// service. Default: 2 s, or the interval if that is shorter.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.service(|service| service.timeout(timeout))
    }

    /// The interval of checks that declare neither `interval` nor `ttl`. For a check whose own `max_age`, `degraded_after` or
    /// breaker it does not fit, the default holds instead. Default: 5 s, or twice the timeout if that is longer.
    pub fn interval(self, interval: Duration) -> Self {
        self.service(|service| service.interval(interval))
    }

    /// The ttl of checks that declare neither `interval` nor `ttl`. Default: none, they have an interval.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.service(|service| service.ttl(ttl))
    }

    /// How long after a run began a probe waits for it at most. Default: 800 ms.
    pub fn probe_budget(self, budget: Duration) -> Self {
        self.service(|service| service.probe_budget(budget))
    }

    /// Puts the probes at `PREFIX/live`, `PREFIX/ready`, `PREFIX/startup` and `PREFIX`, instead of `/livez`,
    /// `/readyz`, `/startupz` and `/health`.
    pub fn prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.service(|service| service.prefix(prefix))
    }

    /// Starting waits for [`Health::mark_started`].
    pub fn manual_start(self) -> Self {
        self.service(ServiceSpec::manual_start)
    }

    /// Shows the text of errors in public answers, credentials masked.
    pub fn public_details(self) -> Self {
        self.service(ServiceSpec::public_details)
    }

    /// The runtime counts as stalled once it has run nothing for this long; liveness and readiness then fail. At least
    /// 1 s. Default: the runtime is not watched; with `serve_internal`, 10 s.
    ///
    /// Only the time in which the process could run counts. A process that is stopped does not stall. A process that is
    /// throttled again and again, for up to a second at a time, takes up to twice as long to count as stalled.
    pub fn stalled_after(self, longest: Duration) -> Self {
        self.service(|service| service.stalled_after(longest))
    }

    /// How long requests are still served after SIGTERM, with readiness already failing. Default: 7 s, because
    /// HAProxy's default check needs 6 s to notice.
    pub fn drain(self, drain: Duration) -> Self {
        self.service(|service| service.drain(drain))
    }

    /// How long after the drain a signalled process may take to end before it is ended. Default: 15 s. With the drain
    /// that is 22 s, and the kubelet kills after 30 s.
    pub fn shutdown_grace(self, grace: Duration) -> Self {
        self.service(|service| service.shutdown_grace(grace))
    }

    /// Starts the engine on the current tokio runtime.
    ///
    /// # Panics
    ///
    /// Where [`try_start`](Self::try_start) returns an error.
    #[must_use = "the engine ends when the last `Health` is dropped"]
    #[track_caller]
    pub fn start(self) -> Health {
        match self.try_start() {
            Ok(health) => health,
            Err(error) => error.refuse(),
        }
    }

    /// Starts the engine on the current tokio runtime. The first run of every interval check begins at once.
    ///
    /// Once for each type of state, the log hears of a second engine that runs beside the first: as where a handler
    /// starts one for each request.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn try_start(self) -> Result<Health, StartError> {
        let valid = self.validated()?;
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        valid.run_on(Some(runtime))
    }

    /// Without a runtime nothing runs and no time passes by itself.
    #[cfg(feature = "testing")]
    pub(crate) fn start_on(self, runtime: Option<Handle>) -> Result<Health, StartError> {
        self.validated()?.run_on(runtime)
    }

    /// Refuses what the derive would refuse.
    fn validated(mut self) -> Result<Self, StartError> {
        let checks = &mut self.checks;
        let service = &checks.service;
        if let Some(prefix) = service.prefix.as_deref().filter(|prefix| !naming::is_prefix(prefix)) {
            return Err(StartError::Prefix(prefix.to_owned()));
        }
        if let Some(error) = checks.refused.take() {
            return Err(error);
        }
        rules::validate_service(service)?;
        unique(checks.list.iter().map(|declared| declared.spec.name()), &checks.nests)?;
        for Declared { spec, defaults, .. } in &checks.list {
            rules::validate_check(spec, defaults.unwrap_or(service.defaults))?;
        }
        Ok(self)
    }

    fn run_on(self, runtime: Option<Handle>) -> Result<Health, StartError> {
        let Self { state, checks } = self;
        let Checks {
            service,
            list,
            nests,
            state: state_type,
            ..
        } = checks;
        let count = list.len();
        let plan = |Declared { spec, defaults, check }| {
            let plan = Plan::new(spec, defaults.unwrap_or(service.defaults));
            (plan.among(count), check)
        };
        let (plans, checks): (Vec<_>, Vec<_>) = list.into_iter().map(plan).unzip();
        let runner = Box::new(StateRunner { state, checks });
        let engine = Engine::start(service.named(), plans, nests, runner, runtime);
        let engine = engine.map_err(StartError::Thread)?;
        engine.announce(state_type);
        Ok(Health { engine })
    }
}

impl<S> fmt::Debug for HealthBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthBuilder")
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}

/// The state and its checks; what the engine sees of them.
struct StateRunner<S> {
    state: S,
    checks: Vec<Box<dyn StateCheck<S>>>,
}

impl<S: HealthState> Runner for StateRunner<S> {
    fn call(&self, index: usize) -> CheckFuture<'_> {
        self.checks[index].call(&self.state)
    }

    fn is_disabled(&self, index: usize) -> bool {
        self.checks[index].is_disabled(&self.state)
    }

    fn attach(&self, index: usize, trigger: Trigger) {
        self.checks[index].attach(&self.state, trigger);
    }
}
