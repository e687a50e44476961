//! [`HealthBuilder`], which starts the engine.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::check::HealthCheck;
use crate::engine::Engine;
use crate::function::HealthFn;
use crate::health::Health;
use crate::health::planned::{Planned, planned};
use crate::health::state_runner::StateRunner;
use crate::package::Package;
use crate::report::{Renderer, Report};
#[cfg(feature = "token")]
use crate::spec::Token;
use crate::spec::{Body, CheckSpec, Probe, Public, ServiceSpec, rules};
use crate::start_error::StartError;
use crate::state::{Checks, HealthState};

/// A builder that configures and starts a health engine. Use [`Health::builder`] to create one.
///
/// The builder has the same options as `#[health(…)]` on the struct, and its options override those of the struct. The
/// only exception is that a flag that is set on the struct cannot be unset. If you set both `interval` and `ttl`,
/// whichever was set last takes effect.
///
/// The limits are the same as in the derive macro: durations must be between 1 ms and 24 h, except that `ttl` and
/// `drain` can also be zero. Options that the derive macro would reject at compile time cause a startup error, which is
/// [`StartError::Prefix`] for an invalid prefix, [`StartError::Check`] if the option contradicts the options of a
/// check, and [`StartError::Service`] otherwise.
///
/// `timeout`, `interval` and `ttl` are the defaults for checks that do not set their own. They don't apply to the
/// checks of nested structs, which keep the defaults of the struct that they were compiled with.
#[must_use = "a builder does nothing until `start` or `try_start`"]
pub struct HealthBuilder<S> {
    state: S,
    pub(crate) checks: Checks<S>,
    bodies: Vec<Renderer>,
}

impl<S: HealthState> HealthBuilder<S> {
    pub(crate) fn new(state: S) -> Self {
        let mut checks = Checks::new();
        S::register(&mut checks);
        let bodies = Vec::new();
        Self { state, checks, bodies }
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

    /// Sets the name and version of the service to those of the given package. This is useful if the state is declared
    /// in another crate, because by default, the derive macro uses the package of the crate that declares the state.
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

    /// Sets the service's name as it appears in reports. The name must be between 1 and 64 characters long. The default
    /// is the package name of the crate that declares the state, or the name of the executable if the state doesn't use
    /// the derive macro.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.label("name", &name)
            .service(|service| ServiceSpec { name, ..service })
    }

    /// Sets the service's version as it appears in reports. The version must be between 1 and 64 characters long. The
    /// default is the package version of the crate that declares the state, or `unknown` if the state doesn't use the
    /// derive macro.
    pub fn version(self, version: impl Into<Cow<'static, str>>) -> Self {
        let version = version.into();
        self.label("version", &version)
            .service(|service| ServiceSpec { version, ..service })
    }

    /// Adds a check that is a function of the whole state. The function must have the `#[health_check]` attribute,
    /// which turns the function into a type, so you pass it in angle brackets: `.function::<disk_space>()`.
    ///
    /// If rustc reports error E0747 here (`constant provided when a type was expected`), the function is missing the
    /// `#[health_check]` attribute.
    ///
    /// If the builder was created from an `Arc` of the state, you can still pass a function that takes `&AppState`. A
    /// function with a type parameter for the state receives the `Arc` instead.
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

    /// Adds a check that is not declared on a struct. This is useful for adding one check per entry of a configuration,
    /// or for checking a value that is not part of the state.
    ///
    /// The engine owns the value and drops it on shutdown. If you want to keep using the value, keep a clone of it,
    /// such as a [`Flag`](crate::Flag) or an `Arc`. Checks cannot be added once the engine has started. If the members
    /// of a set come and go while the service is running, use [`Parts`](crate::Parts) instead.
    ///
    /// The spec is validated when the engine starts, by the same rules that the derive macro uses. If it is invalid,
    /// the engine fails to start with a [`StartError::Check`]. A check in the liveness probe also needs `in_process` or
    /// `restart_helps`, as described for [`StartError::Liveness`].
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

    /// Sets the timeout of checks that do not set their own. The default is 2 s, or the interval if that is shorter.
    ///
    /// The timeout must be shorter than the service's [`interval`](Self::interval). There are two cases in which a
    /// check uses a different timeout:
    ///
    /// - If the check's interval is shorter than the timeout, the interval is used as the timeout.
    /// - If the timeout is not compatible with the check's `max_age`, `degraded_after` or `breaker`, the default above
    ///   is used.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.service(|service| service.timeout(timeout))
    }

    /// Sets the interval at which checks run if they set neither `interval` nor `ttl`. The default is 5 s, or twice the
    /// timeout if that is longer.
    ///
    /// There are two cases in which a check uses a different interval:
    ///
    /// - If the check sets a timeout that is equal to or longer than the interval, the interval is twice that timeout.
    /// - If the interval is not compatible with the check's `max_age`, `degraded_after` or `breaker`, the default above
    ///   is used.
    pub fn interval(self, interval: Duration) -> Self {
        self.service(|service| service.interval(interval))
    }

    /// Sets the ttl of checks that set neither `interval` nor `ttl`. By default, there is no ttl, so these checks run
    /// at an [`interval`](Self::interval).
    ///
    /// If the ttl is not compatible with a check's `max_age`, the check uses the default interval instead.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.service(|service| service.ttl(ttl))
    }

    /// Sets how long a probe waits for a run, measured from the start of the run. The default is 800 ms, because the
    /// kubelet gives up on a probe after 1 s.
    pub fn probe_budget(self, budget: Duration) -> Self {
        self.service(|service| service.probe_budget(budget))
    }

    /// Puts the probes at `PREFIX/live`, `PREFIX/ready`, `PREFIX/startup` and `PREFIX` instead of the default paths
    /// `/livez`, `/readyz`, `/startupz` and `/health`. The prefix may be empty. The probes are then at `/live`,
    /// `/ready`, `/startup` and `/health`.
    pub fn prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.service(|service| service.prefix(prefix))
    }

    /// Puts a probe at these paths instead of its usual one. To keep the usual path, list it as well. If the list is
    /// empty, the probe has its usual path. If you call this method again for the same probe, the last call counts. The
    /// checks of the probe are available below each of its paths.
    ///
    /// A path has the same form as a [`prefix`](crate::_documentation::options#prefix), but it cannot be empty. If a
    /// path is invalid or belongs to two probes, the start fails with [`StartError::Service`].
    ///
    /// ```
    /// # use health_runtime::{Health, Probe};
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let health = Health::builder(()).paths(Probe::Readiness, ["/ready", "/readyz"]).start();
    /// ```
    pub fn paths<P: Into<Cow<'static, str>>>(self, probe: Probe, paths: impl IntoIterator<Item = P>) -> Self {
        self.service(|service| service.paths(probe, paths))
    }

    /// Adds a path to the liveness probe, such as `/healthz`. The usual path stays. Call this method once for each
    /// path.
    ///
    /// Use it for a path that your service had before it used this crate. Such a path usually answered 200 as long as
    /// the process ran, and most manifests use it as liveness. If it failed while a database is down, the orchestrator
    /// would restart the service. If your load balancer used the path to decide where traffic goes, use
    /// [`paths`](Self::paths) with readiness instead.
    ///
    /// ```
    /// # use health_runtime::{Health, Probe};
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// // `/health` becomes a path of the liveness probe. So the health probe needs another path.
    /// let health = Health::builder(()).alias("/health").paths(Probe::Health, ["/health/all"]).start();
    /// ```
    pub fn alias(self, path: impl Into<Cow<'static, str>>) -> Self {
        self.service(|service| service.alias(path))
    }

    /// Adds a path to the liveness probe at which the body is plain text: `OK` if the probe passes, otherwise the
    /// reason or the status, such as `stalled` or `unhealthy`. The status code is 200 or 503, as at the other paths.
    /// This is for load balancers that compare the body.
    pub fn plain(self, path: impl Into<Cow<'static, str>>) -> Self {
        self.service(|service| service.plain(path))
    }

    /// Adds a path to a probe at which your own function renders the body. This is for dashboards and scripts that read
    /// the body of an older health endpoint.
    ///
    /// The status code and all other headers are those of the probe: 200 if it passes and 503 if it fails. If the
    /// function panics, the body is empty.
    ///
    /// The function is not called for every request. Its result is kept until a state changes, but for at most a tenth
    /// of a second. A request for only some of the checks (`/api/health/db`, `?exclude=db`) always calls it.
    ///
    /// The report that the function receives has all checks of the probe. On the internal port, it is complete. For
    /// public requests, it has nothing that only the internal port shows. For example, it has no messages and no
    /// details, unless [`public`](Self::public) is [`Public::Details`].
    ///
    /// ```
    /// # use health_runtime::{Health, Probe, Report};
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// fn old_body(report: &Report) -> String {
    ///     format!(r#"{{"ok":{},"service":"{}"}}"#, report.status.passes(), report.service)
    /// }
    /// let health = Health::builder(())
    ///     .body("/api/health", Probe::Readiness, "application/json", old_body)
    ///     .start();
    /// ```
    ///
    /// # Errors
    ///
    /// The start fails with [`StartError::Service`] if the content type is empty or contains a character that a header
    /// cannot have, or if the path is invalid or belongs to two probes.
    pub fn body<B: Into<Vec<u8>>>(
        mut self,
        path: impl Into<Cow<'static, str>>,
        probe: Probe,
        content_type: &'static str,
        render: impl Fn(&Report) -> B + Send + Sync + 'static,
    ) -> Self {
        let body = Body::Own(self.bodies.len(), content_type);
        self.bodies.push(Box::new(move |report| render(report).into()));
        self.checks.service.paths.add(path.into(), probe, body);
        self
    }

    /// Keeps the service from counting as started until [`Health::mark_started`] has been called. This option is off by
    /// default.
    pub fn manual_start(self) -> Self {
        self.service(ServiceSpec::manual_start)
    }

    /// Sets how much the public probes tell. The default is [`Public::CheckStates`].
    pub fn public(self, public: Public) -> Self {
        self.service(|service| service.public(public))
    }

    /// Asks for a token on the internal port and router. Every request there needs the header `Authorization: Bearer
    /// TOKEN`, whatever its path and method are. A request without it gets 401 and learns nothing about the service.
    /// The public probes need no token, so a kubelet and a load balancer are not affected. By default, there is no
    /// token.
    ///
    /// With the feature `page`, a browser gets a form for the token, and then a cookie, as described in [the HTTP
    /// contract](crate::_documentation::http#the-token-of-the-internal-port).
    ///
    /// The token has 16 to 256 characters: letters, digits, `-`, `.`, `_`, `~`, `+`, `/` and `=`. Generate it at
    /// random, and read it from the environment or a file, never from the source code. The comparison takes the same
    /// time for every wrong token of the same length.
    ///
    /// ```no_run
    /// # use health_runtime::Health;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let health = Health::builder(())
    ///     .internal_token(std::env::var("HEALTH_TOKEN")?)
    ///     .try_start()?;
    /// health.serve_internal(("0.0.0.0", 9090))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The start fails with [`StartError::Service`] if the token has another form. The text of the error does not
    /// contain the token.
    #[cfg(feature = "token")]
    #[cfg_attr(docsrs, doc(cfg(feature = "token")))]
    pub fn internal_token(mut self, token: impl Into<String>) -> Self {
        match Token::new(token.into()) {
            Ok(token) => self.checks.service.internal_token = Some(token),
            Err(problem) => {
                self.checks.refused.get_or_insert(StartError::Service(problem));
            }
        }
        self
    }

    /// Lets an operator hold readiness over the internal port, for maintenance. It needs an
    /// [`internal_token`](Self::internal_token). By default, this is off.
    ///
    /// `POST /hold?reason=rotating+keys&for=10m` makes readiness fail with the reason `held`. The hold ends by itself
    /// after `for`, which is 10 minutes by default and 24 hours at most. A second call replaces the first hold.
    /// `POST /release` ends it earlier. It does not end the holds of the application, made with
    /// [`Health::hold`]. The log has an event for the begin and for the end, with the reason. If a probe has one of
    /// these paths, the probe answers there.
    ///
    /// # Errors
    ///
    /// The start fails with [`StartError::Service`] if there is no token.
    #[cfg(feature = "token")]
    #[cfg_attr(docsrs, doc(cfg(feature = "token")))]
    pub fn operator_controls(self) -> Self {
        self.service(|service| ServiceSpec {
            operator_controls: true,
            ..service
        })
    }

    /// Sets how long the runtime can go without running a task before it is reported as stalled, which makes the
    /// liveness and readiness probes fail. The value must be at least 1 s. By default, the runtime is only watched if
    /// `serve` or `serve_internal` is used, in which case the default is 10 s.
    ///
    /// Time during which the process is suspended is not measured, so suspending the process doesn't cause a stall. If
    /// the process is repeatedly throttled for up to a second at a time, it can take up to twice as long before a stall
    /// is reported.
    pub fn stalled_after(self, longest: Duration) -> Self {
        self.service(|service| service.stalled_after(longest))
    }

    /// Sets how long the service keeps serving requests after it has received SIGTERM. Readiness already fails while
    /// the service drains, so that load balancers have time to stop sending traffic. The default is 7 s, because
    /// HAProxy's default health check takes 6 s to notice the failure.
    pub fn drain(self, drain: Duration) -> Self {
        self.service(|service| service.drain(drain))
    }

    /// Sets how long the process has to exit after the drain when it is shutting down because of a signal. If it is
    /// still running after that, the engine terminates it, provided that the service has called
    /// [`shutdown_signal`](crate::Health::shutdown_signal). The default is 15 s. With the default drain, the shutdown
    /// takes at most 22 s, which is well within the 30 s that the kubelet allows by default.
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

    /// Starts the engine on the current tokio runtime. Every check with an interval starts its first run immediately.
    ///
    /// If an engine for the same type of state is already running, every check runs twice, and a warning is logged once
    /// for each type of state. This often happens when a handler starts an engine for each request.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn try_start(self) -> Result<Health, StartError> {
        let planned = planned(self.checks)?;
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        run_on(self.state, planned, self.bodies, Some(runtime))
    }

    /// Starts the engine for a test. Without a runtime, nothing runs and no time passes by itself.
    #[cfg(feature = "testing")]
    pub(crate) fn start_on(self, runtime: Option<Handle>) -> Result<Health, StartError> {
        run_on(self.state, planned(self.checks)?, self.bodies, runtime)
    }
}

fn run_on<S: HealthState>(
    state: S,
    planned: Planned<S>,
    bodies: Vec<Renderer>,
    runtime: Option<Handle>,
) -> Result<Health, StartError> {
    let Planned {
        service,
        plans,
        checks,
        nests,
        state: state_type,
    } = planned;
    let runner = Box::new(StateRunner { state, checks });
    let engine = Engine::start(service, bodies, plans, nests, runner, runtime);
    let engine = engine.map_err(StartError::Thread)?;
    engine.announce(state_type);
    Ok(Health { engine })
}

impl<S> fmt::Debug for HealthBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthBuilder")
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}
