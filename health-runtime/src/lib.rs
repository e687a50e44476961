//! Health checks for services: liveness, readiness and startup probes.
//!
//! Annotate the state struct that the service already has. Checks run in the background, so a dependency that hangs
//! does not block a probe.
//!
//! ```no_run
//! use health_runtime::{Flag, HealthState};
//!
//! #[derive(Clone, HealthState)]
//! struct AppState {
//!     /// Takes jobs off the queue.
//!     #[health_check(critical, liveness, readiness)]
//!     worker: Flag,
//!
//!     #[health_check(timeout = "500ms", with = ping)]
//!     payments: Payments,
//! }
//!
//! #[derive(Clone)]
//! struct Payments;
//!
//! async fn ping(_: &Payments) -> std::io::Result<()> {
//!     Ok(()) // …
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let state = AppState { worker: Flag::healthy(), payments: Payments };
//!     let health = state.start_health();
//!     let app: axum::Router = axum::Router::new().merge(health.router()); // /livez /readyz /startupz /health
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(health.listener(listener), app).with_graceful_shutdown(health.shutdown_signal()).await
//! }
//! ```
//!
//! The example needs these dependencies beside this crate: `axum = "0.8"` and
//! `tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }`.
//!
//! The derive has a table of all options: [`HealthState`](derive@HealthState). Each option has a section in
//! [`_documentation::options`].
//!
//! # How it works
//!
//! **Checks run in the background.** Each check runs in its own task, on the runtime that started the [`Health`]. A
//! check never runs twice at the same time.
//!
//! **A probe reads the state that was published last.** So it costs the same with three checks and with ten thousand,
//! and the same while a database hangs. A probe waits for a run only in these cases, and never longer than
//! `probe_budget`:
//!
//! - A critical check has no result yet, or has a `ttl` and runs again. While the service starts, this also applies to
//!   startup checks.
//! - Any other check with a `ttl` would otherwise be `pending` or `stale`.
//!
//! Liveness never waits.
//!
//! **An unknown state fails.** A check is unhealthy if it has no result yet (`pending`), if its last success is too old
//! (`stale`), if it panics (`panic`), and if it hangs (`timeout`, `stuck`). Readiness also fails while the service
//! shuts down (`draining`). Only liveness needs evidence before it fails, because its failure restarts the process. For
//! example, `pending` and `stale` are not evidence.
//!
//! **Results pass through thresholds.** A check can need several failed runs in a row before its failure is published.
//! A [`Breaker`] stops calling a check that keeps failing, and tries it again later.
//!
//! **Changes are reported.** [`Health::subscribe`] reports each change of a check, and [`Health::watch`] each change of
//! a probe. The log (`tracing`, target `health`) has each change of a check and of readiness.
//!
//! **The engine has its own threads.** So neither a blocked runtime nor a slow log delays it:
//!
//! | thread | how many | what it does |
//! |---|---|---|
//! | `health` | one for each engine | starts the runs when they are due |
//! | `health log` | one for each engine | writes the log, so that nothing waits for a slow subscriber |
//! | `health internal` | one for each call of `serve_internal` | answers probes, also while the application's runtime is blocked |
//! | `health NAME` | one for each run of a `blocking` check | runs the check |
//! | `health file` | one for each file, while a check looks at it | looks at the database file of a `SqlitePool` |
//! | `health end` | one for each engine | drops the state at the end of the drain, or with the engine |
//! | `health signals` | one for the process | waits for SIGTERM and SIGINT, from the first `shutdown_signal()` on (in process 1, from the first engine on) |
//!
//! The engine ends when the last [`Health`] is dropped, and its threads end with it. A blocking call that does not
//! return keeps its thread. The thread for signals stays until the process ends.
//!
//! # What can be a check
//!
//! | what | what it checks |
//! |---|---|
//! | [`Flag`] | a status that the application sets itself |
//! | [`Heartbeat`] | whether a worker hangs |
//! | tokio's [`AbortHandle`](HealthCheck#foreign-impls), [`JoinHandle`](HealthCheck#foreign-impls) | whether a worker has ended |
//! | `Option`, `Arc`, `Box` of a check | the check inside; `None` is healthy (`disabled`) |
//! | `Vec` of checks | all of them at the same time; the worst one counts |
//! | `OnceLock`, tokio's `OnceCell` of a check | the check inside; unhealthy until it is set. Put it into an `Arc` if the state is `Clone` |
//! | a type that implements [`HealthCheck`] | whatever you write; with [`Parts`], it has one result for each tenant or shard |
//! | a function | whatever you write: `with = path` on a field, or `#[health_check]` on the function |
//! | a closure | whatever you write, see [`check_fn`] |
//! | [`HealthBuilder::check`] | what no struct declares, such as one check for each entry of a configuration |
//!
//! # What to do with a [`Health`]
//!
//! | method | use it to |
//! |---|---|
//! | `router`, `drain_layer`, `listener`, [`shutdown_signal`](Health::shutdown_signal) | serve the probes, and end without losing a request |
//! | `serve_internal`, `internal_router` | show error texts, runbooks and parts to the person on call |
//! | [`startup_task`](Health::startup_task), [`mark_started`](Health::mark_started) | delay the start until something is done |
//! | [`hold`](Health::hold), [`drain`](Health::drain) | take the service out of rotation, for a while or for good |
//! | [`subscribe`](Health::subscribe), [`watch`](Health::watch) | react to changes |
//! | [`report`](Health::report), [`phase`](Health::phase) | read the state from inside the service |
//!
//! # Contracts
//!
//! | page | read it to |
//! |---|---|
//! | [The HTTP contract](_documentation::http) | configure a prober, or read an answer |
//! | [The states](_documentation::states) | find out why a probe fails |
//! | [The log](_documentation::log) | write an alert |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | on | `#[derive(HealthState)]`, and `#[health_check]` on functions |
//! | `axum` | on | [`Health::router`], [`Health::drain_layer`], [`Health::listener`], [`Health::drain_listener`], [`Health::serve_internal`], [`Health::internal_router`] |
//! | `http-1` | with `axum` | converts an [`Answer`] into an `http::Response<Bytes>`, for hyper and for frameworks that use hyper |
//! | `sqlx-0_9-sqlite` | off | [`HealthCheck`] for `sqlx::SqlitePool`; its [`impl`](HealthCheck#impl-HealthCheck-for-Pool%3CSqlite%3E) documents what it detects, what it costs and what it does not detect |
//! | `testing` | off | `testing::TestHealth`, for your own tests: it shows what your service reports while something fails |
//!
//! Without `axum`, [`Health::probes`] answers for any HTTP framework.
//!
//! # Versions
//!
//! If a feature adds a type of another crate to the API, its name contains the version of that crate. The exception is
//! `axum`, which stands for axum 0.8. A later axum gets its own feature and its own methods, and the present ones stay.
//!
//! Without any feature, the API contains types of serde 1, tokio 1 and futures-core 0.3 (`Stream`). These crates have
//! kept their API stable for years.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __private;
#[cfg(doc)]
pub mod _documentation;
mod argument;
mod check;
mod checks;
mod engine;
mod events;
mod format;
mod function;
mod health;
mod http;
mod lifecycle;
mod naming;
mod outcome;
mod package;
mod panics;
mod parts;
mod report;
mod spec;
mod start_error;
mod state;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod text;
mod time_left;
mod trigger;

pub use check::{HealthCheck, InProcess};
pub use checks::{Flag, Heartbeat, check_fn};
pub use events::{Events, HealthEvent, ProbeWatch};
pub use function::HealthFn;
// The items of `function` are for the macros. They are at the root because rustc names them in its messages.
#[doc(hidden)]
pub use function::{
    Annotated, BlockingReturn, Function, Returned, Unannotated, run, run_async, run_blocking, run_plain,
};
pub use health::{Health, HealthBuilder, WeakHealth};
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use health_macros::{HealthState, health_check};
pub use http::{Answer, Probes};
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use http::{DrainFuture, DrainLayer, DrainListener, DrainService, DrainStream, ListenSocket, ServeListener};
pub use lifecycle::{Hold, StartupTask};
pub use outcome::{BoxError, CheckError, CheckFuture, CheckResult, IntoOutcome, Outcome, PartReport, Reason, Status};
pub use package::Package;
pub use parts::Parts;
pub use report::{CheckReport, Phase, Report, Transition};
pub use spec::{Breaker, CheckSpec, Probe};
pub use start_error::StartError;
pub use state::{Checks, CloneState, HealthState};
pub use trigger::Trigger;

// Compiles the examples of the README together with those of this crate.
#[cfg(all(
    doctest,
    feature = "macros",
    feature = "axum",
    feature = "sqlx-0_9-sqlite",
    feature = "testing"
))]
#[doc = include_str!("../../README.md")]
struct Readme;
