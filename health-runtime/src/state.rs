//! [`HealthState`], the trait that the derive implements, and [`Checks`], the list that it fills.

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

/// How deep structs may be nested. A deeper nesting means that a struct contains itself.
const DEEPEST: usize = 32;

/// The state of a service, with fields that are health checks. Use the derive macro to implement this trait.
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
    /// Adds the checks and options of the struct to the list. The derive macro generates this method.
    fn register(checks: &mut Checks<Self>);

    /// Starts a health engine with a clone of this state. If the state is not `Clone`, or if you want to set options,
    /// use [`Health::builder`] instead.
    ///
    /// # Panics
    ///
    /// Panics if [`HealthBuilder::try_start`] returns an error. This happens in the following cases:
    ///
    /// - There is no tokio runtime.
    /// - Two checks have the same name.
    /// - Options that are set by hand break a rule of the derive macro.
    /// - A struct is nested in itself.
    /// - A thread cannot be started.
    #[must_use = "the engine ends when the last `Health` is dropped"]
    #[track_caller]
    fn start_health(&self) -> Health
    where
        Self: CloneState,
    {
        HealthBuilder::new(self.clone()).start()
    }
}

/// A state that is [`Clone`], as [`HealthState::start_health`] requires. This trait is implemented for every
/// `HealthState` that is `Clone`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Clone`, and `start_health` runs the checks on a clone of it",
    label = "not `Clone`",
    note = "derive `Clone` for it and for what is in it, or put what cannot be cloned into an `Arc`",
    note = "or start without a clone: `Health::builder(Arc::new(state)).start()`, where every `Arc` of the state stays usable"
)]
pub trait CloneState: Clone {}

// Without `do_not_recommend`, rustc only says that `Clone` is missing. Without the bound `HealthState`, it advises to
// borrow.
#[diagnostic::do_not_recommend]
impl<S: Clone + HealthState> CloneState for S {}

/// The state of a service that has no state of its own. Add all checks to the [`HealthBuilder`] instead.
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

/// The list of the checks of a state of type `S`, together with the options of the service.
///
/// [`HealthState::register`] fills this list. The code that the derive macro generates calls the methods of this type.
pub struct Checks<S> {
    pub(crate) service: ServiceSpec,
    pub(crate) list: Vec<Declared<S>>,
    pub(crate) nests: Vec<Nest>,
    /// The first error that was found. It fails the start.
    pub(crate) refused: Option<StartError>,
    pub(crate) state: StateType,
    /// The names of the nested structs from the root to this one.
    path: Vec<&'static str>,
}

/// One declared check. Only here are checks erased to `dyn`.
pub(crate) struct Declared<S> {
    pub(crate) spec: CheckSpec,
    /// The defaults of the struct that declares the check, if that struct is nested. `None`: those that the service has
    /// at the start.
    pub(crate) defaults: Option<Defaults>,
    pub(crate) check: Box<dyn StateCheck<S>>,
}

/// A check as a function of the whole state, so that a borrow lasts no longer than a run.
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

    /// Sets the options of the service. The derive calls it. By hand, the options are set on [`HealthBuilder`].
    #[doc(hidden)]
    pub fn service(&mut self, service: ServiceSpec) {
        let is_nested = !self.path.is_empty(); // the name of a nested struct is not shown
        if let (false, Err(error)) = (is_nested, rules::validate_package(&service)) {
            self.refused.get_or_insert(error);
        }
        self.service = service;
    }

    /// Adds a field whose type implements [`HealthCheck`].
    ///
    /// If the check is in the liveness probe, its spec must have [`in_process`](CheckSpec::in_process) or
    /// [`restart_helps`](CheckSpec::restart_helps). This is required of every check that is added by hand. Otherwise,
    /// [`HealthBuilder::try_start`] returns an error.
    pub fn add<T: HealthCheck>(&mut self, spec: CheckSpec, field: fn(&S) -> &T) {
        self.push(spec, Field(field));
    }

    /// Adds a field whose type implements [`InProcess`]. Such a check is allowed in the liveness probe.
    ///
    /// Do not set [`in_process`](CheckSpec::in_process) in the spec. It has no effect here, so the engine does not
    /// start and returns an error.
    pub fn add_live<T: InProcess>(&mut self, spec: CheckSpec, field: fn(&S) -> &T) {
        if spec.in_process {
            self.refused.get_or_insert(StartError::Check {
                name: self.whole_name(spec.name()),
                problem: "`in_process` has no effect with `add_live`, because the type is `InProcess` already; remove `in_process`"
                    .into(),
            });
        }
        self.push_live(spec, Field(field));
    }

    /// Adds a field that is checked by a function, or any other check of the state. To create the [`CheckFuture`], use
    /// `Box::pin(async move { … })`. The future may borrow from the state.
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

    /// Adds a check that is not part of the state.
    pub(crate) fn own(&mut self, spec: CheckSpec, check: impl HealthCheck) {
        self.push(spec, Own(check));
    }

    /// Adds a check that is a function.
    pub fn function<F: HealthFn<S>>(&mut self) {
        self.push(F::spec(), With(F::call));
    }

    /// Adds all checks of a part of the state. Each check is named `name.check`. In the paths of probes and in
    /// `exclude`, you can use `name` alone to refer to all of these checks.
    ///
    /// If a check does not set a timeout, an interval or a ttl, the default of the struct that declares it is used. If
    /// that struct has no such default, the built-in default is used. The defaults of the outer struct and of
    /// [`HealthBuilder`] are never used, because they may not fit the checks of the part. The other service options of
    /// the part, such as its name, prefix and drain, are ignored.
    ///
    /// The engine does not start and returns an error if the name is not valid in a path, if a state is nested in
    /// itself, or if the defaults of the part are out of range or contradict each other.
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
            return; // Without this, a struct that contains itself twice would be visited 2^32 times.
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

    /// Makes this state like another one that it leads to: takes the checks of that state, and its options as a
    /// service.
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

    /// The name of the check, after the names of the nested structs that lead to it.
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
