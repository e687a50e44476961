//! [`Health`], the handle to a running health engine, and [`HealthBuilder`], which starts the engine.

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

/// A handle to a running health engine. A service holds it, and gives it to its router and its server.
///
/// Clones are handles to the same engine. The engine ends when the last handle is dropped: its threads stop, and runs
/// in flight are aborted. Routers, [`Probes`](crate::Probes), layers, listeners and shutdown signals hold a handle. An
/// internal port holds none.
///
/// Do not keep a `Health` inside the state that its engine owns, because such an engine never ends. Keep a
/// [`WeakHealth`] there.
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
    /// A builder for a health engine that checks this state. The engine owns the state.
    ///
    /// If the state is not `Clone`, use `Health::builder(Arc::clone(&state))`. If there is no state, use
    /// `Health::builder(())` and add all checks to the builder.
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

    /// The report of a probe at this moment. Waits for nothing and starts no run. Do not publish the report: it
    /// contains error texts.
    ///
    /// A service without probes has not started. It has probes once it has a [`router`](Self::router),
    /// [`probes`](Self::probes) or an internal port.
    pub fn report(&self, probe: Probe) -> Report {
        self.engine.report(probe)
    }

    /// The status of a probe at this moment. This is cheaper than [`report`](Self::report). Waits for nothing and
    /// starts no run.
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

    /// Asks for a run of this check now, before its next interval, for example after its dependency was deployed. The
    /// name of a nested struct stands for all of its checks. Returns `false` if no check and no nested struct has this
    /// name.
    ///
    /// Does not wait for the run. If a run is in flight, another run starts after it. However often this is called, a
    /// check starts at most once every 50 ms.
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

    /// Asks for a run of every check now, like [`refresh`](Self::refresh) for one check.
    pub fn refresh_all(&self) {
        self.engine.request(0..self.engine.plans.len());
    }

    /// Where the service is between its start and its end.
    pub fn phase(&self) -> Phase {
        self.engine.view().standing.phase
    }

    /// Whether the service is draining, see [`drain`](Self::drain).
    pub fn is_draining(&self) -> bool {
        self.engine.is_draining()
    }

    /// A handle that does not keep the engine alive.
    pub fn downgrade(&self) -> WeakHealth {
        WeakHealth(Arc::downgrade(&self.engine))
    }
}

/// A handle that does not keep the engine alive. Use it in the state that the engine owns.
///
/// The [`Default`] handle belongs to no engine, so [`upgrade`](Self::upgrade) returns `None`.
#[derive(Clone, Debug, Default)]
pub struct WeakHealth(Weak<EngineHandle>);

impl WeakHealth {
    /// A [`Health`] of this engine, or `None` if the engine has ended.
    pub fn upgrade(&self) -> Option<Health> {
        self.0.upgrade().map(|engine| Health { engine })
    }
}

/// Configures and starts a health engine, see [`Health::builder`].
///
/// It has the same options as `#[health(…)]` on the struct, and overrides them. One exception: a flag that the struct
/// sets stays set. Of `interval` and `ttl`, the last one counts.
///
/// The limits are those of the derive: durations are 1 ms to 24 h, and `ttl` and `drain` may be zero. If the derive
/// would refuse an option at compile time, the start fails here. The error is [`StartError::Service`], or
/// [`StartError::Check`] if the option contradicts those of a check.
///
/// `timeout`, `interval` and `ttl` are defaults for checks that do not set their own. They do not apply to the checks
/// of nested structs. Those have the defaults of their own struct, because they were compiled with them.
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

    /// Notes a name or version that the derive would refuse. It is checked here and not at the start, because the
    /// derive may take a longer one from Cargo.
    fn label(mut self, option: &str, text: &str) -> Self {
        if let Err(error) = rules::validate_label(option, text) {
            self.checks.refused.get_or_insert(error);
        }
        self
    }

    /// Sets the name and version of the service to those of this package. Use it if the state is declared in another
    /// crate, because the derive takes the package of that crate.
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

    /// The service's name in reports, 1 to 64 characters. Default: the package name of the crate that declares the
    /// state; for a state without the derive, the name of the executable.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.label("name", &name)
            .service(|service| ServiceSpec { name, ..service })
    }

    /// The service's version in reports, 1 to 64 characters. Default: the package version of the crate that declares
    /// the state; for a state without the derive, `unknown`.
    pub fn version(self, version: impl Into<Cow<'static, str>>) -> Self {
        let version = version.into();
        self.label("version", &version)
            .service(|service| ServiceSpec { version, ..service })
    }

    /// Adds a check that is a function of the whole state, with `#[health_check]` above it. The function is written in
    /// angle brackets, because the check is a type: `.function::<disk_space>()`.
    ///
    /// rustc's error E0747 here (`constant provided when a type was expected`) means that the function has no
    /// `#[health_check]`.
    ///
    /// If the builder has an `Arc` of the state, a function of `&AppState` works as well. A function with a type
    /// parameter for the state gets the `Arc`.
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

    /// Adds a check that no struct declares. Use it for one check for each entry of a configuration, or for a value
    /// that the state does not hold.
    ///
    /// The engine owns the value, and drops it when the engine ends. To go on using it, keep a clone, such as a
    /// [`Flag`](crate::Flag) or an `Arc`. No check can be added after the start. If the members of a set come and go
    /// while the service runs, use [`Parts`](crate::Parts).
    ///
    /// The start applies the rules of the derive to the spec, see [`StartError::Check`]. A check in the liveness probe
    /// needs `in_process` or `restart_helps`, see [`StartError::Liveness`].
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

    /// The timeout of checks that set none. Default: 2 s, or the interval if that is shorter.
    ///
    /// It must be shorter than the [`interval`](Self::interval) of the same service. For some checks it gives way:
    ///
    /// - If the interval of a check is shorter, the timeout is that interval.
    /// - If it does not fit the `max_age`, `degraded_after` or `breaker` of a check, the default above applies.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.service(|service| service.timeout(timeout))
    }

    /// The interval of checks that set neither `interval` nor `ttl`. Default: 5 s, or twice the timeout if that is
    /// longer.
    ///
    /// For some checks it gives way:
    ///
    /// - If the check sets a timeout that is not shorter, the interval is twice that timeout.
    /// - If it does not fit the `max_age`, `degraded_after` or `breaker` of a check, the default above applies.
    pub fn interval(self, interval: Duration) -> Self {
        self.service(|service| service.interval(interval))
    }

    /// The ttl of checks that set neither `interval` nor `ttl`. Default: none, such checks have an
    /// [`interval`](Self::interval).
    ///
    /// If it does not fit the `max_age` of a check, it gives way: the check has the default interval.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.service(|service| service.ttl(ttl))
    }

    /// A probe stops waiting for a run this long after the run began. Default: 800 ms, because the kubelet gives up
    /// after 1 s.
    pub fn probe_budget(self, budget: Duration) -> Self {
        self.service(|service| service.probe_budget(budget))
    }

    /// Puts the probes at `PREFIX/live`, `PREFIX/ready`, `PREFIX/startup` and `PREFIX`. Default: `/livez`, `/readyz`,
    /// `/startupz` and `/health`.
    pub fn prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.service(|service| service.prefix(prefix))
    }

    /// The service starts only after [`Health::mark_started`] was called. Default: off.
    pub fn manual_start(self) -> Self {
        self.service(ServiceSpec::manual_start)
    }

    /// Shows the texts of errors in public answers, with credentials masked. Default: off.
    pub fn public_details(self) -> Self {
        self.service(ServiceSpec::public_details)
    }

    /// The runtime is stalled once it has run nothing for this long. Liveness and readiness then fail. At least 1 s.
    /// Default: the runtime is not watched; with `serve_internal`, 10 s.
    ///
    /// Only the time in which the process could run counts, so a process that is stopped does not stall. A process that
    /// is throttled again and again, for up to a second at a time, takes up to twice as long to stall.
    pub fn stalled_after(self, longest: Duration) -> Self {
        self.service(|service| service.stalled_after(longest))
    }

    /// After SIGTERM, the service still serves requests for this long, while readiness already fails. Default: 7 s,
    /// because the default check of HAProxy needs 6 s to notice.
    pub fn drain(self, drain: Duration) -> Self {
        self.service(|service| service.drain(drain))
    }

    /// After the drain, a process that got a signal has this long to end. Then the engine ends it. Default: 15 s. With
    /// the drain this is 22 s, and the kubelet kills after 30 s.
    pub fn shutdown_grace(self, grace: Duration) -> Self {
        self.service(|service| service.shutdown_grace(grace))
    }

    /// Starts the engine on the current tokio runtime.
    ///
    /// # Panics
    ///
    /// Panics if [`try_start`](Self::try_start) returns an error.
    #[must_use = "the engine ends when the last `Health` is dropped"]
    #[track_caller]
    pub fn start(self) -> Health {
        match self.try_start() {
            Ok(health) => health,
            Err(error) => error.refuse(),
        }
    }

    /// Starts the engine on the current tokio runtime. Every check with an interval begins its first run at once.
    ///
    /// If an engine for the same type of state already runs, its checks run twice. The log then has a warning, once for
    /// each type of state. A common cause is a handler that starts an engine for each request.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn try_start(self) -> Result<Health, StartError> {
        let valid = self.validated()?;
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        valid.run_on(Some(runtime))
    }

    /// Starts the engine for a test. Without a runtime, nothing runs and no time passes by itself.
    #[cfg(feature = "testing")]
    pub(crate) fn start_on(self, runtime: Option<Handle>) -> Result<Health, StartError> {
        self.validated()?.run_on(runtime)
    }

    /// Returns an error if the derive would refuse an option.
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

/// The state and its checks. The engine sees only this.
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
