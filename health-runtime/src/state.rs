//! [`HealthState`], what the derive implements, and [`Checks`], the list it fills.

use std::future::{Ready, ready};
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::check::{HealthCheck, InProcess};
use crate::engine::Trigger;
use crate::health::{Health, HealthBuilder};
use crate::outcome::{CheckResult, IntoOutcome};
use crate::spec::{CheckSpec, ServiceSpec};

/// A service's state that says which of its fields are health checks. Derive it.
///
/// ```
/// use health_runtime::{Flag, HealthState};
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     accepting: Flag,
/// }
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// let health = AppState { accepting: Flag::healthy() }.start_health();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare its health checks",
    label = "not a `HealthState`",
    note = "add `#[derive(HealthState)]` to the struct and `#[health_check]` to its fields"
)]
pub trait HealthState: Send + Sync + Sized + 'static {
    /// Adds what the struct declares to the list. The derive writes this.
    fn register(checks: &mut Checks<Self>);

    /// Starts the health engine on a clone of this state; [`Health::builder`] needs no `Clone` and takes options.
    ///
    /// # Panics
    ///
    /// Where [`HealthBuilder::try_start`] returns an error: outside of a tokio runtime, with two checks of one name, a
    /// bad name or prefix, or without a thread.
    #[must_use = "the engine ends when the last `Health` is dropped"]
    #[track_caller]
    fn start_health(&self) -> Health
    where
        Self: Clone,
    {
        HealthBuilder::new(self.clone()).start()
    }
}

impl<S: HealthState> HealthState for Arc<S> {
    fn register(checks: &mut Checks<Self>) {
        checks.project::<S>(|state| state);
    }
}

/// The checks of a state of type `S`, and what is declared about the service.
///
/// [`HealthState::register`] fills it; the methods are what the derive's output calls.
pub struct Checks<S> {
    pub(crate) service: ServiceSpec,
    pub(crate) list: Vec<Declared<S>>,
}

/// One declared check: the only place where checks are erased to `dyn`.
pub(crate) struct Declared<S> {
    pub(crate) spec: CheckSpec,
    pub(crate) check: Box<dyn StateCheck<S>>,
}

/// A check as a function of the whole state, so that nothing is borrowed for longer than a run.
pub(crate) trait StateCheck<S>: Send + Sync {
    fn call<'a>(&'a self, state: &'a S) -> BoxFuture<'a, CheckResult>;
    fn is_disabled(&self, state: &S) -> bool;
    fn attach(&self, state: &S, trigger: Trigger);
}

impl<S: 'static> Checks<S> {
    pub(crate) fn new() -> Self {
        Self {
            service: ServiceSpec::new("", ""),
            list: Vec::new(),
        }
    }

    /// Says what is declared about the service.
    pub fn service(&mut self, service: ServiceSpec) {
        self.service = service;
    }

    /// Adds a field that checks itself.
    pub fn add<T: HealthCheck>(&mut self, spec: CheckSpec, field: fn(&S) -> &T) {
        self.push(spec, Field(field));
    }

    /// Adds a field that checks itself and may stand in the liveness probe.
    pub fn add_live<T: InProcess>(&mut self, spec: CheckSpec, field: fn(&S) -> &T) {
        self.push(spec, Field(field));
    }

    /// Adds a field that a function checks.
    pub fn with<F>(&mut self, spec: CheckSpec, call: F)
    where
        F: for<'a> Fn(&'a S) -> BoxFuture<'a, CheckResult> + Send + Sync + 'static,
    {
        self.push(spec, With(call));
    }

    /// Adds all checks of another state that this one leads to, and takes what it declares about the service.
    fn project<T: HealthState>(&mut self, part: fn(&S) -> &T) {
        let mut inner = Checks::<T>::new();
        T::register(&mut inner);
        self.service = inner.service;
        for Declared { spec, check } in inner.list {
            self.push(spec, Projected { check, part });
        }
    }

    fn push(&mut self, spec: CheckSpec, check: impl StateCheck<S> + 'static) {
        let check = Box::new(check);
        self.list.push(Declared { spec, check });
    }
}

impl<S> std::fmt::Debug for Checks<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let specs = self.list.iter().map(|declared| &declared.spec);
        f.debug_list().entries(specs).finish()
    }
}

struct Field<S, T>(fn(&S) -> &T);

impl<S, T: HealthCheck> StateCheck<S> for Field<S, T> {
    fn call<'a>(&'a self, state: &'a S) -> BoxFuture<'a, CheckResult> {
        Box::pin((self.0)(state).check())
    }

    fn is_disabled(&self, state: &S) -> bool {
        (self.0)(state).is_disabled()
    }

    fn attach(&self, state: &S, trigger: Trigger) {
        (self.0)(state).attach(trigger);
    }
}

struct With<F>(F);

impl<S, F> StateCheck<S> for With<F>
where
    F: for<'a> Fn(&'a S) -> BoxFuture<'a, CheckResult> + Send + Sync,
{
    fn call<'a>(&'a self, state: &'a S) -> BoxFuture<'a, CheckResult> {
        (self.0)(state)
    }

    fn is_disabled(&self, _: &S) -> bool {
        false
    }

    fn attach(&self, _: &S, _: Trigger) {}
}

struct Projected<S, T> {
    check: Box<dyn StateCheck<T>>,
    part: fn(&S) -> &T,
}

impl<S, T> StateCheck<S> for Projected<S, T> {
    fn call<'a>(&'a self, state: &'a S) -> BoxFuture<'a, CheckResult> {
        self.check.call((self.part)(state))
    }

    fn is_disabled(&self, state: &S) -> bool {
        self.check.is_disabled((self.part)(state))
    }

    fn attach(&self, state: &S, trigger: Trigger) {
        self.check.attach((self.part)(state), trigger);
    }
}

/// Tells a check function that returns a future from one that returns its outcome. The kind is inferred: nothing is
/// both a future and an outcome.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something a health check can return",
    label = "this check function returns `{Self}`",
    note = "return `()`, `bool`, `Status`, `Outcome`, or a `Result` of one of them whose error converts into `Box<dyn Error + Send + Sync>`; an `async fn` may return the same"
)]
pub trait Returned<Kind> {
    type Value;
    type Future: Future<Output = Self::Value>;
    fn into_future(self) -> Self::Future;
}

/// [`Returned`] by an `async fn`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Async;

/// [`Returned`] by a plain `fn`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Plain;

impl<F: Future> Returned<Async> for F {
    type Value = F::Output;
    type Future = F;

    fn into_future(self) -> F {
        self
    }
}

impl<R: IntoOutcome> Returned<Plain> for R {
    type Value = R;
    type Future = Ready<R>;

    fn into_future(self) -> Ready<R> {
        ready(self)
    }
}

/// Makes the future of a check of what a check function returned.
#[doc(hidden)]
pub fn run<'a, Kind, R>(returned: R) -> BoxFuture<'a, CheckResult>
where
    R: Returned<Kind>,
    R::Future: Send + 'a,
    R::Value: IntoOutcome,
{
    let future = returned.into_future();
    Box::pin(async move { future.await.into_outcome() })
}
