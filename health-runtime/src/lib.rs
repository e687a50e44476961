//! Health checks for services: annotate the state struct that the service already has, and get liveness, readiness and
//! startup probes that no hanging dependency delays.
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
//! Beside this crate it needs `axum = "0.8"` and
//! `tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }`.
//!
//! What every option means stands with the derive, [`HealthState`](derive@HealthState).
//!
//! # How it works
//!
//! Checks run in the background, each in a task of its own, one run at a time, on the runtime that started the
//! [`Health`]. A probe reads what was published last: it costs the same with three checks and with ten thousand, with
//! all well and with a database that hangs. It waits only for critical checks (while starting, for startup checks too) that
//! have a `ttl` or no result yet, and for any check with a `ttl` that would otherwise be `pending` or `stale`; never longer
//! than `probe_budget`. Liveness never waits.
//!
//! What is not known fails: not yet checked (`pending`), too old (`stale`), panicked, hanging (`timeout`, `stuck`),
//! shutting down (`draining`). Only liveness asks for evidence before it fails, since failing it restarts the process.
//!
//! What is published of a check goes through its thresholds; a check that keeps failing is left alone by its
//! [`Breaker`]. [`Health::subscribe`] tells of each change, [`Health::watch`] of the whole, and so does the log
//! (`tracing`, target `health`).
//!
//! The engine has two threads of its own: one paces the checks; the other writes the log, so that nothing waits for a
//! subscriber that is slow or blocks. `Health::serve_internal` adds a thread, which answers while the application's runtime
//! is blocked. All of them end when the last [`Health`] is dropped. One more thread, for signals, belongs to the process.
//!
//! # What can be a check
//!
//! | what | for |
//! |---|---|
//! | [`Flag`] | what the application knows and says itself |
//! | [`Heartbeat`] | a worker that hangs |
//! | tokio's [`AbortHandle`](HealthCheck#foreign-impls), [`JoinHandle`](HealthCheck#foreign-impls) | a worker that has ended |
//! | `Option`, `Arc`, `Box` of a check | as the check; `None` is healthy (`disabled`) |
//! | `Vec` of checks | all at once; as the worst of them |
//! | `OnceLock`, tokio's `OnceCell` of a check | unhealthy until it is set; in an `Arc` where the state is `Clone` |
//! | a type with [`HealthCheck`] | whatever it looks at; one result for each tenant or shard with [`Parts`] |
//! | a function | `with = path` on a field, or `#[health_check]` above it |
//! | a closure | [`check_fn`] |
//! | [`HealthBuilder::check`] | what no struct declares, such as one check for each entry of a configuration |
//!
//! # What to do with a [`Health`]
//!
//! | method | for |
//! |---|---|
//! | `router`, `drain_layer`, `listener`, [`shutdown_signal`](Health::shutdown_signal) | a server that is probed, and ends without losing a request |
//! | `serve_internal`, `internal_router` | whoever is on call: error texts, runbooks, parts |
//! | [`startup_task`](Health::startup_task), [`mark_started`](Health::mark_started) | what starting waits for |
//! | [`hold`](Health::hold), [`drain`](Health::drain) | taking the service out of rotation, for a while or for good |
//! | [`subscribe`](Health::subscribe), [`watch`](Health::watch) | hearing of changes |
//! | [`report`](Health::report), [`phase`](Health::phase) | looking at it from inside |
//!
//! # What people build on
//!
//! | page | for |
//! |---|---|
//! | [The HTTP contract](_documentation::http) | whoever configures a prober or reads an answer |
//! | [The states](_documentation::states) | whoever asks why a probe fails |
//! | [The log](_documentation::log) | whoever alerts on it |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | on | `#[derive(HealthState)]`, and `#[health_check]` on functions |
//! | `axum` | on | [`Health::router`], [`Health::drain_layer`], [`Health::listener`], [`Health::serve_internal`], [`Health::internal_router`] |
//! | `http-1` | with `axum` | an [`Answer`] as an `http::Response<Bytes>`, for hyper and what stands on it |
//! | `sqlx-0_9-sqlite` | off | [`HealthCheck`] for `sqlx::SqlitePool`; its [`impl`](HealthCheck#impl-HealthCheck-for-Pool%3CSqlite%3E) documents what it detects, what it costs and what it does not detect |
//! | `testing` | off | `testing::TestHealth`: what your service reports while something fails, in your own tests |
//!
//! Without `axum`, [`Health::probes`] answers for any HTTP framework.
//!
//! # Versions
//!
//! A feature that puts another crate's type into the API has that crate's version in its name. `axum` stands for axum 0.8: a
//! later one gets a feature and methods of its own, and these stay. Without a feature the API has types of crates that keep
//! their promises since version 1 or for years: serde 1, tokio 1, and the `Stream` of futures-core 0.3.
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
pub use checks::Flag;
pub use checks::check_fn;
pub use events::{Events, HealthEvent, ProbeWatch};
pub use function::HealthFn;
// For the macros, at the root because rustc names them in its messages.
pub use checks::Heartbeat;
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

// README's code is compiled with the other examples.
#[cfg(all(
    doctest,
    feature = "macros",
    feature = "axum",
    feature = "sqlx-0_9-sqlite",
    feature = "testing"
))]
#[doc = include_str!("../../README.md")]
struct Readme;
