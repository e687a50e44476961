//! [`HealthFn`], a free function that is a check; and what the macros make a check's future of.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use crate::outcome::{CheckFuture, CheckResult, IntoOutcome};
use crate::spec::CheckSpec;

/// A free function that checks a state of type `S`: `#[health_check]` above it implements this for a type of the
/// function's name.
///
/// Hand it to [`HealthBuilder::function`](crate::HealthBuilder::function), or name it in `#[health(checks(…))]`. By hand
/// it is a check that has a type and no value:
///
/// ```
/// use health_runtime::{CheckFuture, CheckSpec, HealthFn, Outcome};
///
/// struct AppState { waiting: u32 }
///
/// enum Backlog {}
///
/// impl HealthFn<AppState> for Backlog {
///     fn spec() -> CheckSpec {
///         CheckSpec::new("backlog")
///     }
///
///     fn call(state: &AppState) -> CheckFuture<'_> {
///         Box::pin(async {
///             match state.waiting {
///                 0..=1_000 => Ok(Outcome::healthy()),
///                 many => Ok(Outcome::degraded(format!("{many} jobs are waiting"))),
///             }
///         })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a check function of `{S}`",
    label = "not a check function of `{S}`",
    note = "a check function takes `&{S}`, or a type parameter in its place, `fn check<S>(_: &S)`, or nothing",
    note = "and it has `#[health_check]` above it"
)]
pub trait HealthFn<S: ?Sized>: 'static {
    /// What is declared about the check.
    fn spec() -> CheckSpec;

    /// Begins a run.
    fn call(state: &S) -> CheckFuture<'_>;
}

/// What generated code finds in the place of the type that `#[health_check]` would have made of a function: a check of
/// no state.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unannotated;

/// Stands in rustc's message for the function, which has no type to name; the state must not seem to be at fault.
#[doc(hidden)]
#[derive(Debug)]
pub struct Function<S: ?Sized>(PhantomData<S>);

/// Holds for nothing. `{Self}` is not for the user's eyes.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this is not a function with `#[health_check]`",
    label = "not a function with `#[health_check]`",
    note = "put `#[health_check]` above the function"
)]
pub trait Annotated {}

// Recommended, although never of use: it is how rustc comes to what `Annotated` says.
impl<S: ?Sized> HealthFn<S> for Unannotated
where
    Function<S>: Annotated,
{
    fn spec() -> CheckSpec {
        CheckSpec::new("")
    }

    fn call(_: &S) -> CheckFuture<'_> {
        Box::pin(ready(().into_outcome()))
    }
}

/// What a check function may return: an outcome, or a future of one. `Kind` says which; it is inferred, because nothing is
/// both.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something a health check can return",
    label = "this check function returns `{Self}`",
    note = "return `()`, `bool`, `Status`, `Outcome`, or a `Result` of one of them whose error converts into `health_runtime::BoxError` (`Box<dyn Error>` does not); an `async fn` may return the same"
)]
pub trait Returned<Kind> {
    type Value;
    type Future: Future<Output = Self::Value>;
    fn into_future(self) -> Self::Future;
}

/// [`Returned`] by an `async fn`.
#[derive(Debug)]
pub struct Async;

/// [`Returned`] by a plain `fn`.
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
pub fn run<'a, Kind, R>(returned: R) -> CheckFuture<'a>
where
    R: Returned<Kind>,
    R::Future: Send + 'a,
    R::Value: IntoOutcome,
{
    run_async(returned.into_future())
}

/// Makes a check's future of what an `async fn` returned.
#[doc(hidden)]
pub fn run_async<'a, V, F>(future: F) -> CheckFuture<'a>
where
    V: IntoOutcome,
    F: Future<Output = V> + Send + 'a,
{
    Box::pin(async move { future.await.into_outcome() })
}

/// Makes a check's future of what a `fn` returned whose type is certainly no future.
#[doc(hidden)]
pub fn run_plain<'a, R: IntoOutcome>(returned: R) -> CheckFuture<'a> {
    Box::pin(ready(returned.into_outcome()))
}

/// Makes a check's future of what a `blocking` check returned.
#[doc(hidden)]
pub fn run_blocking<'a, R: BlockingReturn>(returned: R) -> CheckFuture<'a> {
    Box::pin(ready(returned.into_result()))
}

/// What a `blocking` check may return: what any check may, and no future.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something a `blocking` health check can return",
    label = "this check function returns `{Self}`",
    note = "a `blocking` check is a plain `fn` that returns `()`, `bool`, `Status`, `Outcome`, or a `Result` of one of them whose error converts into `health_runtime::BoxError` (`Box<dyn Error>` does not)",
    note = "an `async fn` needs no `blocking`"
)]
pub trait BlockingReturn {
    fn into_result(self) -> CheckResult;
}

// Without this, a future is told that it is no `IntoOutcome`, and not that `blocking` is in its way.
#[diagnostic::do_not_recommend]
impl<R: IntoOutcome> BlockingReturn for R {
    fn into_result(self) -> CheckResult {
        self.into_outcome()
    }
}
