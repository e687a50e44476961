//! [`check_fn`]: a closure as a check.

use std::marker::PhantomData;

use crate::check::HealthCheck;
use crate::function::Returned;
use crate::outcome::{CheckResult, IntoOutcome};

/// Creates a check from a closure, which you can then pass to [`HealthBuilder::check`]. This is similar to `service_fn`
/// in tower, which creates a service from a closure.
///
/// The closure takes no arguments and captures the values it needs. It can return the same types as a check function:
/// `()`, `bool`, `Status`, `Outcome`, a `Result` of one of these, or a future that resolves to any of them. If the
/// future uses a captured value, clone the value on each call and move the clone into the future.
///
/// ```
/// use health_runtime::{CheckResult, CheckSpec, Health, Outcome, check_fn};
/// # #[derive(Clone)]
/// # struct Client;
/// # impl Client { async fn ping(&self) -> std::io::Result<()> { Ok(()) } }
/// # let client = Client;
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
///
/// let ping = check_fn(move || {
///     let client = client.clone();
///     async move { client.ping().await }
/// });
/// let full = check_fn(|| false); // no future; a closure that blocks needs `CheckSpec::blocking`
/// let lag = check_fn(|| async {
///     let seconds: u32 = "7".parse()?; // `?` needs an error type: `CheckResult` has one
///     CheckResult::Ok(if seconds > 30 { Outcome::degraded("behind") } else { Outcome::healthy() })
/// });
/// let health = Health::builder(())
///     .check(CheckSpec::new("client").critical(), ping)
///     .check(CheckSpec::new("disk"), full)
///     .check(CheckSpec::new("lag"), lag)
///     .start();
/// ```
///
/// [`HealthBuilder::check`]: crate::HealthBuilder::check
pub fn check_fn<F, R, Kind>(check: F) -> impl HealthCheck + use<F, R, Kind>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Returned<Kind> + 'static,
    R::Future: Send,
    R::Value: IntoOutcome,
    Kind: 'static,
{
    CheckFn {
        check,
        kind: PhantomData::<fn() -> Kind>,
    }
}

struct CheckFn<F, Kind> {
    check: F,
    kind: PhantomData<fn() -> Kind>,
}

impl<F, R, Kind> HealthCheck for CheckFn<F, Kind>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Returned<Kind>,
    R::Future: Send,
    R::Value: IntoOutcome,
    Kind: 'static,
{
    fn check(&self) -> impl Future<Output = CheckResult> + Send {
        let future = (self.check)().into_future();
        async move { future.await.into_outcome() }
    }
}
