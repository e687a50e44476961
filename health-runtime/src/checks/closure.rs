//! [`check_fn`]: a closure as a check.

use std::marker::PhantomData;

use crate::check::HealthCheck;
use crate::function::Returned;
use crate::outcome::{CheckResult, IntoOutcome};

/// Makes a check from a closure, for [`HealthBuilder::check`]. It is like tower's `service_fn`, which makes a service.
///
/// The closure has no arguments. It returns what a check function may return: `()`, `bool`, `Status`, `Outcome`, or a
/// `Result` of one of them. It may also return a future of one of these. It captures the values that it needs. If a
/// future uses a captured value, give it a clone.
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
