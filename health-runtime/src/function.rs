//! [`HealthFn`], a free function that is a check, and the functions with which the macros make the future of a check.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use crate::outcome::{CheckFuture, CheckResult, IntoOutcome};
use crate::spec::CheckSpec;

/// A free function that checks a state of type `S`. When you put the `#[health_check]` attribute on a function, it
/// generates a type with the same name as the function and implements this trait for that type.
///
/// To use the check, pass the type to [`HealthBuilder::function`](crate::HealthBuilder::function), or list it in
/// `#[health(checks(…))]`. If you implement this trait by hand, use a type that has no values, such as an empty enum:
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
    /// Returns the options of the check.
    fn spec() -> CheckSpec;

    /// Starts a run of the check and returns a future that resolves to its result.
    fn call(state: &S) -> CheckFuture<'_>;
}

/// Stands for a function without `#[health_check]`. Generated code finds this type in place of the one that the
/// attribute would have made. It is a check without a state.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unannotated;

/// Stands for the function in rustc's message, because a function has no type to name. Without it, the message would
/// blame the state.
#[doc(hidden)]
#[derive(Debug)]
pub struct Function<S: ?Sized>(PhantomData<S>);

/// No type implements this. The messages leave out `{Self}`, because users do not know that type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this is not a function with `#[health_check]`",
    label = "not a function with `#[health_check]`",
    note = "put `#[health_check]` above the function"
)]
pub trait Annotated {}

// Without `do_not_recommend`, although this impl never applies: rustc follows it to the message of `Annotated`.
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

/// What a check function may return: an outcome, or a future of one. `Kind` says which of the two. It can be inferred,
/// because no type is both.
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

/// The kind of what an `async fn` returns.
#[derive(Debug)]
pub struct Async;

/// The kind of what a plain `fn` returns.
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

/// Makes the future of a check from what a check function returned.
#[doc(hidden)]
pub fn run<'a, Kind, R>(returned: R) -> CheckFuture<'a>
where
    R: Returned<Kind>,
    R::Future: Send + 'a,
    R::Value: IntoOutcome,
{
    run_async(returned.into_future())
}

/// Makes the future of a check from what an `async fn` returned.
#[doc(hidden)]
pub fn run_async<'a, V, F>(future: F) -> CheckFuture<'a>
where
    V: IntoOutcome,
    F: Future<Output = V> + Send + 'a,
{
    Box::pin(async move { future.await.into_outcome() })
}

/// Makes the future of a check from what a `fn` returned, if its type is certainly not a future.
#[doc(hidden)]
pub fn run_plain<'a, R: IntoOutcome>(returned: R) -> CheckFuture<'a> {
    Box::pin(ready(returned.into_outcome()))
}

/// Makes the future of a check from what a `blocking` check returned.
#[doc(hidden)]
pub fn run_blocking<'a, R: BlockingReturn>(returned: R) -> CheckFuture<'a> {
    Box::pin(ready(returned.into_result()))
}

/// What a `blocking` check may return: the same as any other check, but no future.
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

// Without this, rustc says of a future only that it does not implement `IntoOutcome`, and not that `blocking` takes no
// future.
#[diagnostic::do_not_recommend]
impl<R: IntoOutcome> BlockingReturn for R {
    fn into_result(self) -> CheckResult {
        self.into_outcome()
    }
}
