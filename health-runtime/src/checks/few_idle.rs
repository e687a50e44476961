//! [`few_idle`], which degrades a pool that is nearly full.

use crate::check::HealthCheck;
use crate::outcome::{CheckResult, Status};

/// A type whose check reports the [details](crate::Outcome::detail) `in_use` and `max`, like the check of each
/// connection pool. You can implement it for your own wrapper around a pool, so that [`few_idle`] accepts the wrapper.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection pool",
    label = "not known to report how many of its connections are in use",
    note = "if the check of `{Self}` reports the details `in_use` and `max`: `impl ConnectionPool for {Self} {{}}`"
)]
pub trait ConnectionPool: HealthCheck {}

/// Checks a connection pool in the same way as its own [`HealthCheck`], and is also degraded (`saturated`) when the
/// pool is nearly full: at least one connection is in use, and fewer than a fifth of the maximum are free. A connection
/// that the pool has not opened yet is free. For example, a pool of at most 10 connections is nearly full from 9
/// connections in use.
///
/// Nothing is sent in addition to what the pool's own check sends. The details are also the same.
///
/// The check of a pool itself is only degraded when the pool is full. Use this function to get an earlier warning:
///
/// ```
/// # use health_runtime::{CheckResult, Flag, HealthCheck, HealthState, Outcome};
/// use health_runtime::checks::{self, ConnectionPool};
/// # #[derive(Clone)] struct PgPool;
/// # impl HealthCheck for PgPool { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// # impl ConnectionPool for PgPool {}
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical, with = checks::few_idle)]
///     db: PgPool,
/// }
/// ```
///
/// If you need another limit, write a function that reads the details of the pool's own check:
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, Outcome};
/// # struct PgPool;
/// # impl PgPool { fn num_idle(&self) -> usize { 1 } }
/// # impl HealthCheck for PgPool { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// async fn two_idle(pool: &PgPool) -> CheckResult {
///     let outcome = pool.check().await?;
///     Ok(if pool.num_idle() < 2 { Outcome::degraded("fewer than 2 idle connections") } else { outcome })
/// }
/// ```
///
/// # Errors
///
/// Returns the error of the pool's own check.
pub async fn few_idle<P: ConnectionPool>(pool: &P) -> CheckResult {
    let outcome = pool.check().await?;
    let number = |name: &str| {
        let detail = outcome.details().iter().find(|detail| detail.name == name);
        detail.and_then(|detail| detail.value.as_f64())
    };
    match (number("in_use"), number("max")) {
        (Some(in_use), Some(max)) if outcome.status() == Status::Healthy && is_nearly_full(in_use, max) => {
            let message = format!("{in_use} of {max} connections of the pool are in use");
            Ok(outcome.turn_saturated(message))
        }
        _ => Ok(outcome),
    }
}

fn is_nearly_full(in_use: f64, max: f64) -> bool {
    in_use >= 1.0 && (max - in_use) * 5.0 < max
}
