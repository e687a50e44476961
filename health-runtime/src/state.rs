//! [`HealthState`], what the derive implements, and [`Checks`], the list it fills.

use std::sync::Arc;

use crate::check::{HealthCheck, InProcess};
use crate::engine::StateType;
use crate::function::HealthFn;
use crate::health::{Health, HealthBuilder};
use crate::naming::{is_name, is_reserved};
use crate::outcome::CheckFuture;
use crate::spec::{CheckSpec, Defaults, Nest, Probe, ServiceSpec, rules};
use crate::start_error::StartError;
use crate::trigger::Trigger;

/// So many structs may stand in one another. Nobody means more: it is one that contains itself.
const DEEPEST: usize = 32;

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
    note = "add `#[derive(HealthState)]` to the struct and `#[health_check]` to its fields",
    note = "`#[health_check(nested)]` takes a struct that derives it, itself or in an `Arc` or `Box`, but not in an `Option`, a `Vec` or a lock: nest the struct, and make its fields optional",
    note = "a type with a check of its own (`HealthCheck`) needs no `nested`"
)]
pub trait HealthState: Send + Sync + Sized + 'static {
    /// Adds what the struct declares to the list. The derive writes this.
    fn register(checks: &mut Checks<Self>);

    /// Starts the health engine on a clone of this state; [`Health::builder`] needs no `Clone` and takes options.
    ///
    /// # Panics
    ///
    /// Panics if [`HealthBuilder::try_start`] returns an error: outside of a tokio runtime, if two checks have one name, if
    /// options set by hand break a rule of the derive, if a struct is nested in itself, or if no thread can be spawned.
    #[must_use = "the engine ends when the last `Health` is dropped"]
    #[track_caller]
    fn start_health(&self) -> Health
    where
        Self: CloneState,
    {
        HealthBuilder::new(self.clone()).start()
    }
}

/// A state that is [`Clone`], as [`HealthState::start_health`] needs it. Implemented for every type that is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Clone`, and `start_health` runs the checks on a clone of it",
    label = "not `Clone`",
    note = "derive `Clone` for it and for what is in it, or put what cannot be cloned into an `Arc`",
    note = "or start without a clone: `Health::builder(Arc::new(state)).start()`, where every `Arc` of the state stays usable"
)]
pub trait CloneState: Clone {}

// Without `do_not_recommend`, rustc only says that `Clone` is missing. Without `HealthState`, it advises to borrow.
#[diagnostic::do_not_recommend]
impl<S: Clone + HealthState> CloneState for S {}

/// For a service whose checks are all added to the [`HealthBuilder`].
///
/// ```
/// use health_runtime::{CheckSpec, Health, check_fn};
///
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// let health = Health::builder(())
///     .package(health_runtime::package!())
///     .check(CheckSpec::new("spool"), check_fn(|| std::fs::metadata("/var/spool").map(drop)))
///     .start();
/// ```
impl HealthState for () {
    fn register(_: &mut Checks<Self>) {}
}

impl<S: HealthState> HealthState for Arc<S> {
    fn register(checks: &mut Checks<Self>) {
        checks.project::<S>(|state| state);
    }
}

impl<S: HealthState> HealthState for Box<S> {
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
    pub(crate) nests: Vec<Nest>,
    /// The first of what cannot be started.
    pub(crate) refused: Option<StartError>,
    pub(crate) state: StateType,
    /// The names of the nests that lead here.
    path: Vec<&'static str>,
}

/// One declared check: the only place where checks are erased to `dyn`.
pub(crate) struct Declared<S> {
    pub(crate) spec: CheckSpec,
    /// Those of the struct that declares it, if that is nested; else the service's count, as they are at the start.
    pub(crate) defaults: Option<Defaults>,
    pub(crate) check: Box<dyn StateCheck<S>>,
}

/// A check as a function of the whole state, so that nothing is borrowed for longer than a run.
pub(crate) trait StateCheck<S>: Send + Sync {
    fn call<'a>(&'a self, state: &'a S) -> CheckFuture<'a>;
    fn is_disabled(&self, state: &S) -> bool;
    fn attach(&self, state: &S, trigger: Trigger);
}

impl<S: 'static> Checks<S> {
    pub(crate) fn new() -> Self {
        Self::at(Vec::new())
    }

    fn at(path: Vec<&'static str>) -> Self {
        Self {
            service: ServiceSpec::new("", ""),
            list: Vec::new(),
            nests: Vec::new(),
            refused: None,
            state: StateType::of::<S>(),
            path,
        }
    }

    /// Says what is declared about the service. The derive calls it; by hand the options stand in [`HealthBuilder`].
    #[doc(hidden)]
    pub fn service(&mut self, service: ServiceSpec) {
        let is_nested = !self.path.is_empty(); // then the name is not shown
        if let (false, Err(error)) = (is_nested, rules::validate_package(&service)) {
            self.refused.get_or_insert(error);
        }
        self.service = service;
    }

    /// Adds a field that checks itself.
    ///
    /// In the liveness probe its spec needs [`in_process`](CheckSpec::in_process) or
    /// [`restart_helps`](CheckSpec::restart_helps), as with everything that is added by hand, or else
    /// [`HealthBuilder::try_start`] refuses it.
    pub fn add<T: HealthCheck>(&mut self, spec: CheckSpec, field: fn(&S) -> &T) {
        self.push(spec, Field(field));
    }

    /// Adds a field that checks itself and may be in the liveness probe. Its type is the reason for that, so
    /// [`in_process`](CheckSpec::in_process) has no effect and is refused at the start.
    pub fn add_live<T: InProcess>(&mut self, spec: CheckSpec, field: fn(&S) -> &T) {
        if spec.in_process {
            self.refused.get_or_insert(StartError::Check {
                name: self.whole_name(spec.name()),
                problem: "`in_process` has no effect with `add_live`, whose type says it already; remove `in_process`"
                    .into(),
            });
        }
        self.push_live(spec, Field(field));
    }

    /// Adds a field that a function checks, or whatever else the state can be asked. `Box::pin(async move { … })` makes
    /// the [`CheckFuture`], which may borrow from the state.
    ///
    /// ```
    /// use health_runtime::{CheckSpec, Checks, HealthState, Outcome};
    ///
    /// struct AppState { spool: std::path::PathBuf }
    ///
    /// impl HealthState for AppState {
    ///     fn register(checks: &mut Checks<Self>) {
    ///         checks.with(CheckSpec::new("spool").critical(), |state| {
    ///             Box::pin(async move {
    ///                 std::fs::metadata(&state.spool)?; // any error will do
    ///                 Ok(Outcome::healthy())
    ///             })
    ///         });
    ///     }
    /// }
    /// ```
    pub fn with<F>(&mut self, spec: CheckSpec, call: F)
    where
        F: for<'a> Fn(&'a S) -> CheckFuture<'a> + Send + Sync + 'static,
    {
        self.push(spec, With(call));
    }

    /// Adds a check that is no part of the state.
    pub(crate) fn own(&mut self, spec: CheckSpec, check: impl HealthCheck) {
        self.push(spec, Own(check));
    }

    /// Adds a function that is a check.
    pub fn function<F: HealthFn<S>>(&mut self) {
        self.push(F::spec(), With(F::call));
    }

    /// Adds all checks of a part of the state, each named `name.check`; the name alone stands for all of them in the
    /// paths of probes and in `exclude`.
    ///
    /// What they do not say themselves (timeout, interval, ttl), the part's own struct says for them, or else the table
    /// of the derive: never this struct and never [`HealthBuilder`], which know nothing of what fits them. The rest of
    /// what the part declares about a service (name, prefix, drain) is not used.
    ///
    /// The start fails if a path cannot contain the name, if a state is nested in itself, or if the defaults of the part are
    /// beyond a limit or contradict each other.
    ///
    /// ```
    /// use health_runtime::{CheckSpec, Checks, Flag, HealthState};
    ///
    /// struct Billing { ledger: Flag }
    ///
    /// impl HealthState for Billing {
    ///     fn register(checks: &mut Checks<Self>) {
    ///         checks.add::<Flag>(CheckSpec::new("ledger"), |billing| &billing.ledger);
    ///     }
    /// }
    ///
    /// struct AppState { billing: Box<Billing> }
    ///
    /// impl HealthState for AppState {
    ///     fn register(checks: &mut Checks<Self>) {
    ///         checks.nest::<Box<Billing>>("billing", |state| &state.billing); // `billing.ledger`
    ///     }
    /// }
    /// ```
    pub fn nest<T: HealthState>(&mut self, name: &'static str, part: fn(&S) -> &T) {
        if self.refused.is_some() {
            return; // What contains itself twice would otherwise be walked 2^32 times.
        }
        let whole = self.whole_name(name);
        if !is_name(name) || name.contains('.') || is_reserved(&whole) {
            self.refused = Some(StartError::NestName(whole));
            return;
        }
        if self.path.len() == DEEPEST {
            self.refused = Some(StartError::NestedTooDeep(whole));
            return;
        }
        let mut inner = Checks::<T>::at([&*self.path, &[name]].concat());
        T::register(&mut inner);
        if let Err(problem) = rules::validate_defaults(inner.service.defaults) {
            let error = StartError::Service(format!("the defaults of `{whole}`: {problem}"));
            inner.refused.get_or_insert(error);
        }
        for declared in &mut inner.list {
            declared.defaults.get_or_insert(inner.service.defaults);
        }
        let first = self.list.len();
        self.take(inner, part);
        let checks = first..self.list.len();
        self.nests.push(Nest { name: whole, checks });
    }

    /// Is as another state that this one leads to: takes its checks, and what it declares about the service.
    fn project<T: HealthState>(&mut self, part: fn(&S) -> &T) {
        let mut inner = Checks::<T>::at(self.path.clone());
        T::register(&mut inner);
        self.service = inner.service.clone();
        self.state = inner.state;
        self.take(inner, part);
    }

    fn take<T: 'static>(&mut self, inner: Checks<T>, part: fn(&S) -> &T) {
        let first = self.list.len();
        self.refused = self.refused.take().or(inner.refused);
        self.nests.extend(inner.nests.into_iter().map(|nest| Nest {
            checks: first + nest.checks.start..first + nest.checks.end,
            ..nest
        }));
        self.list.extend(inner.list.into_iter().map(|declared| Declared {
            spec: declared.spec,
            defaults: declared.defaults,
            check: Box::new(Projected {
                check: declared.check,
                part,
            }),
        }));
    }

    fn push(&mut self, spec: CheckSpec, check: impl StateCheck<S> + 'static) {
        if spec.is_in(Probe::Liveness) && !spec.has_reason_to_restart() {
            let whole = self.whole_name(spec.name());
            self.refused.get_or_insert(StartError::Liveness(whole));
        }
        self.push_live(spec, check);
    }

    fn push_live(&mut self, mut spec: CheckSpec, check: impl StateCheck<S> + 'static) {
        let whole = self.whole_name(spec.name());
        if !is_name(spec.name()) || is_reserved(&whole) {
            self.refused.get_or_insert(StartError::Name(whole.clone()));
        }
        if !self.path.is_empty() {
            spec.name = whole.into();
        }
        self.list.push(Declared {
            spec,
            defaults: None,
            check: Box::new(check),
        });
    }

    /// The name with those of the nests that lead to it.
    fn whole_name(&self, name: &str) -> String {
        [&*self.path, &[name]].concat().join(".")
    }
}

impl<S> std::fmt::Debug for Checks<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let specs: Vec<_> = self.list.iter().map(|declared| &declared.spec).collect();
        f.debug_struct("Checks")
            .field("service", &self.service)
            .field("list", &specs)
            .finish_non_exhaustive()
    }
}

struct Field<S, T>(fn(&S) -> &T);

impl<S, T: HealthCheck> StateCheck<S> for Field<S, T> {
    fn call<'a>(&'a self, state: &'a S) -> CheckFuture<'a> {
        Box::pin((self.0)(state).check())
    }

    fn is_disabled(&self, state: &S) -> bool {
        (self.0)(state).is_disabled()
    }

    fn attach(&self, state: &S, trigger: Trigger) {
        (self.0)(state).attach(trigger);
    }
}

struct Own<T>(T);

impl<S, T: HealthCheck> StateCheck<S> for Own<T> {
    fn call<'a>(&'a self, _: &'a S) -> CheckFuture<'a> {
        Box::pin(self.0.check())
    }

    fn is_disabled(&self, _: &S) -> bool {
        self.0.is_disabled()
    }

    fn attach(&self, _: &S, trigger: Trigger) {
        self.0.attach(trigger);
    }
}

struct With<F>(F);

impl<S, F> StateCheck<S> for With<F>
where
    F: for<'a> Fn(&'a S) -> CheckFuture<'a> + Send + Sync,
{
    fn call<'a>(&'a self, state: &'a S) -> CheckFuture<'a> {
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
    fn call<'a>(&'a self, state: &'a S) -> CheckFuture<'a> {
        self.check.call((self.part)(state))
    }

    fn is_disabled(&self, state: &S) -> bool {
        self.check.is_disabled((self.part)(state))
    }

    fn attach(&self, state: &S, trigger: Trigger) {
        self.check.attach((self.part)(state), trigger);
    }
}

#[cfg(test)]
mod tests;
