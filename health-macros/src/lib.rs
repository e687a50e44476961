//! The derive macro behind `health-runtime`, which re-exports it; depend on that crate, not on this one.
//!
//! The way of a struct through this crate: `attr` reads the attributes into `model`, `validate` (with `naming` and
//! `timing`) holds the rules, and `derive` writes the code. Where something is wrong, `errors` has collected all of it,
//! and `fallback` writes a stub instead.

mod attr;
mod derive;
mod doc_comment;
mod duration;
mod errors;
mod fallback;
mod function;
mod grammar;
mod list;
mod model;
mod naming;
mod rules;
mod shape;
mod signature;
mod spec;
mod suggest;
#[cfg(test)]
mod tests;
mod timing;
mod tokens;
mod validate;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares which fields of a service's state are health checks.
///
/// Put it on the struct that the service already has, and `#[health_check]` on the fields to be checked. Everything
/// that can be known while compiling is an error while compiling, with the way out in its text.
///
/// ```
/// use std::sync::Arc;
///
/// use health_runtime::{Flag, HealthState};
///
/// #[derive(Clone, HealthState)]
/// #[health(name = "orders", drain = "15s")]
/// struct AppState {
///     /// Orders database.
///     #[health_check(critical, timeout = "3s")]
///     db: Pool,
///
///     #[health_check(critical, with = payments::ping, interval = "30s")]
///     payments: payments::Client,
///
///     #[health_check(liveness)]
///     worker: Flag,
///
///     config: Arc<str>, // not annotated: not a check
/// }
/// # use health_runtime::{CheckResult, HealthCheck, Outcome};
/// # #[derive(Clone)]
/// # struct Pool;
/// # impl HealthCheck for Pool {
/// #     async fn check(&self) -> CheckResult {
/// #         Ok(Outcome::healthy())
/// #     }
/// # }
///
/// mod payments {
///     #[derive(Clone)]
///     pub struct Client { /* … */ }
///
///     pub async fn ping(client: &Client) -> Result<(), std::io::Error> {
///         // …
/// #       let _ = client;
///         Ok(())
///     }
/// }
/// # let _ = AppState::start_health;
/// ```
///
/// # What is checked
///
/// A field checks itself if its type implements `HealthCheck`. Otherwise `with = path` names a function that checks it.
/// Other fields need nothing.
///
/// A bare `#[health_check]` is a check of the readiness probe whose failure makes the service degraded. A struct without
/// an annotated field is allowed: its probes tell only of starting and draining.
///
/// # Options of a field: `#[health_check(...)]`
///
/// Each at most once, in any order.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `critical` | its failure makes the probe fail | its failure makes the service degraded |
/// | `timeout = "3s"` | a run is aborted and failed after this | 2 s, or the interval if that is shorter |
/// | `interval = "10s"` | it runs in the background, this often; probes never run it | 5 s, or twice the timeout if that is longer |
/// | `ttl = "1s"` | instead of `interval`: it runs when a probe finds that its last run ended longer ago than this | – |
/// | `max_age = "45s"` | a result whose run ended longer ago counts as failed | 3 × interval + timeout; with `ttl` the larger of 30 s and 3 × (ttl + timeout) |
/// | `readiness`, `startup`, `liveness` | the probes it belongs to; naming any replaces the default. In `startup`, starting waits until it has passed once, critical or not; a check in no other probe then ends | `readiness` |
/// | `in_process` | says of a check with `with` that a restart of this process mends it, so that it may stand in `liveness` | – |
/// | `restart_helps = "why"` | lets any other check into `liveness` | – |
/// | `name = "db"` | its name in reports and paths | the field's name |
/// | `description = "..."` | what it checks, for people | the first paragraph of the doc comment |
/// | `with = path` | the function that checks it | the type's own `HealthCheck` |
///
/// **Names** are `a`-`z` or `0`-`9`, then any of `a`-`z`, `0`-`9`, `_`, `.` and `-`, at most 64 characters. They are
/// unique, never changed silently, and not `live`, `ready` or `startup`, which with `prefix` are the paths of probes. A
/// field whose own name does not fit, and every field of a tuple struct, needs `name`.
///
/// **`with`** takes the path of a function from a reference to the field, async or not: `payments::ping`, `Self::check`,
/// `<Client as Ping>::ping`, `ping::<u8>`. It may return `()`, `bool`, `Status`, `Outcome`, or a `Result` of one of them
/// whose error converts into a boxed error. For a field written as `Arc<dyn Trait>` or `Box<dyn Trait>` it takes
/// `&dyn Trait`; for an `Option` it takes the `Option`, and decides itself what an absent one means. A closure is refused: a function has a name that errors and stack traces can show.
///
/// **Liveness** restarts the process, so it takes only what a restart mends: a type that implements `InProcess`, a
/// function with `in_process`, or anything else with `restart_helps` and the reason. A database that is down would
/// otherwise restart the whole fleet at once, and be none the better for it. `critical` is refused on a check that is in
/// no other probe, since there every failure counts.
///
/// # Options of the struct: `#[health(...)]`
///
/// | option | meaning | default |
/// |---|---|---|
/// | `name = "orders"`, `version = "1.4.0"` | what the service is called in reports; at most 64 characters | `CARGO_PKG_NAME` and `CARGO_PKG_VERSION` of the crate with the struct |
/// | `timeout`, `interval` or `ttl` | for the fields that do not say otherwise | as above |
/// | `probe_budget = "500ms"` | how long after a run began a probe waits for it at most | 800 ms |
/// | `prefix = "/health"` | puts the probes at `/health/live`, `/health/ready`, `/health/startup` and `/health` | `/livez`, `/readyz`, `/startupz`, `/health` |
/// | `manual_start` | starting waits for `Health::mark_started` | off |
/// | `public_details` | shows the text of errors in public answers | off |
/// | `drain = "15s"` | how long requests are served after SIGTERM, with readiness already failing | 10 s |
/// | `shutdown_grace = "30s"` | how long after the drain the process may take to end | 20 s |
/// | `crate = path` | where `health_runtime` is, if renamed or re-exported | `::health_runtime` |
///
/// # Durations
///
/// Strings of whole numbers with `h`, `m`, `s` or `ms`, also as a sum: `"500ms"`, `"3s"`, `"1m30s"`. In a sum each unit
/// stands once, the longest first. At most `"24h"`; more than nothing, except for `ttl` and `drain`.
///
/// # What is refused together
///
/// - `interval` with `ttl`, on the same field or both on the struct.
/// - A `timeout` that is not shorter than an `interval` at the same place.
/// - A `max_age` that is shorter than the interval (or ttl) plus the timeout, given or by default: the result would turn
///   stale between two runs that both succeed.
/// - `in_process` or `restart_helps` without `liveness`, and both of them at once; `in_process` without `with`.
///
/// # Shapes
///
/// Structs with named fields, tuple structs, unit structs, with type and const parameters and where clauses. For the
/// type of an annotated field that names a type parameter the bound `HealthCheck` is added (`InProcess` in liveness, and
/// `Send + Sync + 'static` with `with`), and the struct as a whole has to be `Send + Sync + 'static`.
///
/// Refused are lifetime parameters, since checks run for as long as the process lives (own the data, for example in an
/// `Arc`), and enums and unions (derive it on the struct that holds the state, and implement `HealthCheck` for the enum).
#[proc_macro_derive(HealthState, attributes(health, health_check))]
pub fn derive_health_state(input: TokenStream) -> TokenStream {
    derive::expand(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a health check of a function.
#[proc_macro_attribute]
pub fn health_check(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(arguments.into(), item.into()).into()
}
