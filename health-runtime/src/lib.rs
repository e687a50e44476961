//! Health checks for services: liveness, readiness and startup probes.
//!
//! Annotate the state struct that your service already has, and the annotated fields become health checks. The checks
//! run in the background, so a dependency that hangs does not block a probe.
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
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     health.serve_axum(listener, axum::Router::new()).await // and /livez /readyz /startupz /health
//! }
//! ```
//!
//! In addition to this crate, the example needs these dependencies: `axum = "0.8"` and
//! `tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }`.
//!
//! The documentation of the derive macro has a table of all options: [`HealthState`](derive@HealthState). Each option
//! is described in its own section of [`_documentation::options`].
//!
//! # How it works
//!
//! **Checks run in the background.** Each check runs in its own task, on the runtime on which the [`Health`] was
//! started. A check never runs twice at the same time.
//!
//! **A probe reads the last published state.** So a probe costs the same with three checks as with ten thousand, and it
//! does not become slower while a database hangs. A probe waits for a run only in the following cases, and never longer
//! than `probe_budget`:
//!
//! - A critical check has no result yet, or it has a `ttl` and is running again. While the service starts, this also
//!   applies to startup checks.
//! - Any other check with a `ttl` would otherwise be reported as `pending` or `stale`.
//!
//! The liveness probe never waits.
//!
//! **An unknown state is a failure.** A check is unhealthy if it has no result yet (`pending`), if its last success is
//! too old (`stale`), if it panics (`panic`), or if it hangs (`timeout`, `stuck`). Readiness also fails while the
//! service shuts down (`draining`). Liveness fails only if there is evidence of a problem, because a failure of the
//! liveness probe restarts the process. For example, `pending` and `stale` are not treated as evidence.
//!
//! **Results pass through thresholds.** You can require several failed runs in a row before the failure of a check is
//! published. You can also give a check a [`Breaker`], which stops calling a check that keeps failing and tries it
//! again later.
//!
//! **Changes are reported.** [`Health::subscribe`] reports every change of a check, and [`Health::watch`] reports every
//! change of a probe. Every change of a check and of readiness is also logged (`tracing`, target `health`).
//!
//! **The engine has its own threads.** For this reason, the engine is not delayed if the runtime is blocked or if the
//! log is slow:
//!
//! | thread | how many | what it does |
//! |---|---|---|
//! | `health` | one for each engine | starts the runs when they are due |
//! | `health log` | one for each engine | writes the log, so that nothing else has to wait for a slow subscriber |
//! | `health probes`, `health internal` | one for each call of `serve` or `serve_internal` | answers probes, even while the application's runtime is blocked |
//! | `health NAME` | one for each run of a `blocking` check | runs the check |
//! | `health file` | one for each path, while a check inspects it | inspects the file system for a [`DiskSpace`](checks::DiskSpace), a [`FileAge`](checks::FileAge), a `checks::TlsExpiry` or a `SqlitePool` |
//! | `health dns` | one for each name, while a check resolves it | resolves the name for [`checks::Dns`] and the checks that connect to a server |
//! | `health end` | one for each engine | drops the state at the end of the drain, or when the engine shuts down |
//! | `health signals` | one for the process | waits for SIGTERM and SIGINT; it is started by the first call of `shutdown_signal()` (in process 1, by the first engine) |
//!
//! The engine shuts down when the last [`Health`] is dropped, and its threads end with it. However, a blocking call
//! that does not return keeps its thread. The thread that waits for signals runs until the process exits.
//!
//! # What can be a check
//!
//! | what | what it checks |
//! |---|---|
//! | [`Flag`] | a status that the application itself sets |
//! | [`Heartbeat`] | whether a worker hangs |
//! | [`checks::Dns`] | whether a name resolves |
//! | `checks::Grpc` | the health service of a gRPC server |
//! | `checks::Http` | whether an HTTP server answers as it should |
//! | [`checks::Tcp`] | whether a server accepts connections |
//! | `checks::TlsExpiry` | whether certificates expire soon |
//! | tokio's [`AbortHandle`](HealthCheck#foreign-impls), [`JoinHandle`](HealthCheck#foreign-impls) | whether a worker has ended |
//! | [`checks::DiskSpace`] | whether a file system is nearly full |
//! | [`checks::FileAge`] | whether a file was not written for too long |
//! | [`checks::Memory`] | whether the memory of the container, or of the machine, is nearly used up |
//! | `Option`, `Arc`, `Box` of a check | the inner check; `None` is healthy (`disabled`) |
//! | tokio's `mpsc` [`Sender`](HealthCheck#foreign-impls), [`UnboundedSender`](HealthCheck#foreign-impls) | whether the receiver is gone, and whether the channel is full |
//! | tokio's [`Semaphore`](HealthCheck#foreign-impls) | whether a permit is free |
//! | `Vec`, `HashMap` and `BTreeMap` of checks | all elements at the same time; the worst result is reported |
//! | `OnceLock`, tokio's `OnceCell` of a check | the inner check; unhealthy until the cell is set. If the state is `Clone`, put the cell into an `Arc` |
//! | a type that implements [`HealthCheck`] | whatever you implement; with [`Parts`], the check can report one result for each tenant or shard |
//! | a function | whatever you implement: `with = path` on a field, or `#[health_check]` on the function |
//! | a type of any version of the crate `redis` | whether Redis answers and has what the service needs, see [`redis_checks!`] |
//! | a closure | whatever you implement, see [`check_fn`] |
//! | [`HealthBuilder::check`] | anything that is not declared on a struct, such as one check for each entry of a configuration |
//!
//! # What to do with a [`Health`]
//!
//! | method | use it to |
//! |---|---|
//! | `serve_axum` | serve an axum application and the probes, and shut down without losing a request |
//! | `router`, `drain_layer`, `listener`, [`shutdown_signal`](Health::shutdown_signal) | write the steps of `serve_axum` yourself |
//! | `actix`, `actix_drain`, `actix_shutdown_signal` | answer the probes in an application of actix-web 4, and shut down without losing a request |
//! | `serve` | serve the public probes of a worker without a web server |
//! | `grpc` | answer the health service of gRPC |
//! | `openapi` | describe the public probes in the OpenAPI document of your service |
//! | `serve_internal`, `internal_router` | show error texts, runbooks and parts to the person on call, and metrics to Prometheus |
//! | [`startup_task`](Health::startup_task), [`mark_started`](Health::mark_started) | delay the start until some work is done |
//! | [`hold`](Health::hold), [`drain`](Health::drain) | take the service out of rotation, temporarily or permanently |
//! | [`subscribe`](Health::subscribe), [`watch`](Health::watch) | react to changes |
//! | `notify_systemd` | report the start, the end and the status to systemd, and send pings to its watchdog |
//! | `kubernetes`, `describe` | write the probes of a manifest, and a table of all checks with their times |
//! | [`report`](Health::report), [`phase`](Health::phase) | read the state from inside the service |
//! | `record_metrics` | record the metrics with a recorder of the crate metrics |
//!
//! # Contracts
//!
//! | page | read it to |
//! |---|---|
//! | [The checks](_documentation::checks) | find the feature for a type, or a recipe for a type without one |
//! | [The faults](_documentation::faults) | see what the checks report while a real server fails |
//! | [The HTTP contract](_documentation::http) | configure a prober, or understand an answer |
//! | [The states](_documentation::states) | find out why a probe fails |
//! | [The log](_documentation::log) | write an alert |
//! | [The metrics](_documentation::metrics) | scrape the service, or write an alert for Prometheus |
//! | [Containers](_documentation::containers) | write a `HEALTHCHECK` without `curl` in the image |
//! | [Kubernetes](_documentation/kubernetes/index.html) | write a manifest, or find out how long a failure stays unnoticed |
//! | [systemd](_documentation/systemd/index.html) | write a unit file |
//! | [Manifests](_documentation/manifests/index.html) | compare a Kubernetes manifest, a Compose file or a Dockerfile with the code in a test |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | on | `#[derive(HealthState)]`, and `#[health_check]` on functions |
//! | `axum` | on | [`Health::serve_axum`], [`Health::router`], [`Health::drain_layer`], [`Health::listener`], [`Health::drain_listener`], [`Health::internal_router`] |
//! | `actix-web-4` | off | `Health::actix`, `Health::actix_drain`, `Health::actix_shutdown_signal`: the probes in an application of actix-web 4 |
//! | `serve` | with `axum` | [`Health::serve`], [`Health::serve_internal`]: the probes on a port of their own |
//! | `http-1` | with `serve` | conversion of an [`Answer`] into an `http::Response<Bytes>`, for hyper and for frameworks that use hyper |
//! | `http-client` | off | `checks::Http`, which asks an HTTP server; it brings reqwest 0.13 with rustls |
//! | `kubernetes` | off | `Declaration::kubernetes` and `Declaration::describe`, which compute the probes of a manifest from the code, and `Declaration::verify_manifest`, which compares a manifest with the code; it brings saphyr-parser |
//! | `net` | with `axum` | [`checks::Tcp`] |
//! | `page` | off | the probes as a page in a browser, see [the HTTP contract](_documentation::http#the-page) |
//! | `systemd` | off | `Health::notify_systemd`, for units with `Type=notify` and a watchdog; it adds no dependency |
//! | `tls-expiry` | off | `checks::TlsExpiry`, which reads certificates from a file or asks a server for them; it brings rustls and x509-cert |
//! | `tonic-0_14` | off | `Health::grpc`, the health service of gRPC for a server of tonic; `checks::Grpc`, which asks the health service of another server, and [`HealthCheck`] for `tonic::transport::Channel` |
//! | `object_store-0_14` | off | [`HealthCheck`] for `dyn object_store::ObjectStore`, so that an `Arc<dyn ObjectStore>` is a check |
//! | `sqlx-0_9-sqlite` | off | [`HealthCheck`] for `sqlx::SqlitePool`; its [`impl`](HealthCheck#impl-HealthCheck-for-Pool%3CSqlite%3E) documents what it detects, what it costs and what it does not detect |
//! | `sqlx-0_8-postgres`, `sqlx-0_8-mysql`, `sqlx-0_8-sqlite`, `sqlx-0_9-postgres`, `sqlx-0_9-mysql` | off | [`HealthCheck`] for the other pools of sqlx, and `checks::sqlx_0_8::migrated`, `checks::sqlx_0_9::migrated` |
//! | `bb8-postgres-0_9`, `deadpool-postgres-0_14`, `diesel-async-0_9-bb8`, `diesel-async-0_9-deadpool`, `sea-orm-1`, `sea-orm-2`, `rusqlite`, `r2d2_sqlite` | off | [`HealthCheck`] for the connections and pools of these crates, see [the checks](_documentation::checks) |
//! | `lapin-4`, `async-nats-0_51`, `async-nats-0_51-jetstream` | off | [`HealthCheck`] for the clients of RabbitMQ and NATS |
//! | `bb8-redis-0_26`, `deadpool-redis-0_23` | off | [`HealthCheck`] for the pools of these crates, which use redis 1 |
//! | `fred-10` | off | [`HealthCheck`] for `fred::clients::Client` and `Pool` of fred 10 |
//! | `redis-0_32`, `redis-1` | off | [`HealthCheck`] for `redis::Client`, `redis::aio::ConnectionManager` and `redis::aio::MultiplexedConnection`. For any other version of redis, use [`redis_checks!`], which needs no feature |
//! | `redis-0_32-cluster`, `redis-1-cluster` | off | the same, and [`HealthCheck`] for `redis::cluster_async::ClusterConnection` |
//! | `metrics-0_24` | off | `Health::record_metrics`, which records the metrics with the recorder of the crate metrics 0.24. `/metrics` on the internal port needs no feature |
//! | `testing` | off | `testing::TestHealth`, which you can use in your own tests to check what your service reports while something fails |
//! | `tokio-util-0_7` | off | [`HealthCheck`] for `tokio_util::task::TaskTracker`; its [`impl`](HealthCheck#impl-HealthCheck-for-TaskTracker) documents when it fails |
//! | `utoipa-6` | off | `Health::openapi`, the routes of the public probes and the schemas of their bodies as an OpenAPI document of utoipa 6 |
//!
//! Without the `axum` feature, you can use [`Health::probes`] to answer probes from any HTTP framework.
//!
//! # Versions
//!
//! If a feature adds a type of another crate to the API, the name of the feature contains the version of that crate.
//! The exception is `axum`, which stands for axum 0.8. A later version of axum will get its own feature and its own
//! methods, and the present ones will stay.
//!
//! Even without any features, the API contains types of serde 1, tokio 1 and futures-core 0.3 (`Stream`). The APIs of
//! these crates have been stable for years.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __private;
// What is where, from what a user declares to what a prober gets:
//
//   state, check, function, checks    what is checked: the traits, and every type that has a check
//   spec, naming, start_error         the options, their rules, and the errors of the start
//   health, lifecycle, events         what a service holds: the handle, holds and startup tasks, subscriptions
//   engine                            runs the checks, and publishes a view
//   outcome, detail, parts, report    the results
//   format                            turns a report into bytes
//   http                              answers probes
//   probe                             asks a probe, from inside a container
//   declaration                       what a service declares, without running it
//   kubernetes                        the manifest that fits the declaration, and what is wrong with another
//   systemd                           tells systemd about the service
//   recorder                          records the metrics for a recorder of the crate `metrics`
//   grpc, grpc_health_v1              answers the health service of gRPC; its messages
//   text, panics, trigger, kept,      what several of these need
//   current_run
//   testing                           the test kit
//   argument, package, __private      for the generated code
#[cfg(doc)]
pub mod _documentation;
mod argument;
mod check;
pub mod checks;
mod current_run;
#[cfg(feature = "kubernetes")]
mod declaration;
mod detail;
mod engine;
mod events;
mod format;
mod function;
#[cfg(feature = "tonic-0_14")]
mod grpc;
#[cfg(feature = "tonic-0_14")]
mod grpc_health_v1;
mod health;
mod http;
mod kept;
#[cfg(feature = "kubernetes")]
#[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
pub mod kubernetes;
mod lifecycle;
mod naming;
mod outcome;
mod package;
mod panics;
mod parts;
pub mod probe;
#[cfg(feature = "metrics-0_24")]
mod recorder;
mod report;
mod spec;
mod start_error;
mod state;
#[cfg(feature = "systemd")]
mod systemd;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod text;

mod trigger;

pub use check::{HealthCheck, InProcess};
pub use checks::closure::check_fn;
pub use checks::flag::Flag;
pub use checks::heartbeat::Heartbeat;
#[cfg(feature = "kubernetes")]
#[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
pub use declaration::Declaration;
pub use detail::{Detail, DetailValue};
pub use events::{Events, HealthEvent, ProbeWatch};
pub use function::HealthFn;
// The items of `function` are for the macros. They are at the root because rustc names them in its messages.
#[doc(hidden)]
pub use function::{
    Annotated, BlockingReturn, Function, Returned, Unannotated, run, run_async, run_blocking, run_plain,
};
#[cfg(feature = "tonic-0_14")]
#[cfg_attr(docsrs, doc(cfg(feature = "tonic-0_14")))]
pub use grpc::GrpcHealth;
pub use health::{Health, HealthBuilder, WeakHealth};
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use health_macros::{HealthState, health_check};
#[cfg(feature = "actix-web-4")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix-web-4")))]
pub use http::{ActixDrain, ActixDrainService};
pub use http::{Answer, ProbeRequest, Probes};
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use http::{DrainFuture, DrainLayer, DrainListener, DrainService, DrainStream, ListenSocket, ServeListener};
pub use lifecycle::{Hold, StartupTask};
pub use outcome::{BoxError, CheckError, CheckFuture, CheckResult, IntoOutcome, Outcome, PartReport, Reason, Status};
pub use package::Package;
pub use parts::Parts;
pub use report::{
    CheckReport, History, HoldReport, PastResult, PastTransition, Phase, Report, StartObstacle, Transition, Waiting,
};
pub use spec::{Breaker, CheckSpec, Probe, Public};
pub use start_error::StartError;
pub use state::{Checks, CloneState, HealthState};
pub use trigger::Trigger;

// Compiles the examples of the README together with those of this crate.
#[cfg(all(
    doctest,
    feature = "macros",
    feature = "axum",
    feature = "kubernetes",
    feature = "sqlx-0_9-sqlite",
    feature = "testing"
))]
#[doc = include_str!("../../README.md")]
struct Readme;
