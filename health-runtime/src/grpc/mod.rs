//! [`GrpcHealth`], the standard health service of gRPC, answered by the engine.
//!
//! ```text
//! services  what a service name stands for
//! watch     the stream of a `Watch`
//! ```

mod services;
mod watch;

use std::convert::Infallible;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, Either, select};
use http::{Request, Response};
use http_body::Body as HttpBody;
use tonic::Status;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tower_service::Service;

use self::services::Subject;
use self::watch::{WatchStream, ended};
use crate::BoxError;
use crate::engine::{EngineHandle, View};
use crate::grpc_health_v1::{
    Decode, Encode, HOPS, HealthCheckRequest, HealthCodec, HealthListRequest, HealthListResponse, SERVICE,
    ServingStatus,
};
use crate::health::Health;
use crate::report::Phase;
use crate::spec::Probe;

/// A request is the name of a service. The longest one that exists is far shorter.
const LONGEST: usize = 4096;

impl Health {
    /// Returns the standard health service of gRPC, `grpc.health.v1.Health`, to add to a server of tonic.
    ///
    /// It has the same checks and the same states as the HTTP probes. [`GrpcHealth`] describes the services and their
    /// status.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for.
    ///
    /// ```no_run
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// tonic::transport::Server::builder()
    ///     .add_service(health.grpc())
    ///     .serve_with_shutdown("127.0.0.1:50051".parse()?, health.shutdown_signal())
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The same port can also serve routes of axum, such as the HTTP probes. gRPC needs HTTP/2, and the HTTP probes
    /// also work over HTTP/1.1:
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// # let health = AppState { flag: Flag::healthy() }.start_health();
    /// use tonic::service::Routes;
    ///
    /// let app: axum::Router = Routes::new(health.grpc()).into_axum_router().merge(health.router());
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "tonic-0_14")))]
    pub fn grpc(&self) -> GrpcHealth {
        self.engine.offer_public();
        self.engine.arm();
        GrpcHealth {
            engine: Arc::clone(&self.engine),
            aliases: Arc::default(),
        }
    }
}

/// The standard health service of gRPC, `grpc.health.v1.Health`, with its methods `Check`, `Watch` and `List` ([gRPC
/// health checking protocol]). It is returned by [`Health::grpc`].
///
/// # Services
///
/// A request contains the name of a service. These names are known:
///
/// | name of the service | what it reports |
/// |---|---|
/// | the empty name, `readiness` | the readiness probe |
/// | `liveness` | the liveness probe |
/// | `startup` | the startup probe |
/// | a name given to [`service`](Self::service) | the readiness probe |
/// | the name of a check, such as `db` or `billing.db` | this check, critical or not, as at `/health/db` |
/// | the name of a nested struct, such as `billing` | its checks, as at `/health/billing` |
/// | the name of a group, such as `core` | its checks, as at `/health?group=core` |
///
/// If a name is in several rows of this table, the first row counts. For example, `readiness` is always the probe, even
/// if there is a check with this name.
///
/// # Status
///
/// | state | status |
/// |---|---|
/// | healthy or degraded | `SERVING` |
/// | unhealthy | `NOT_SERVING` |
/// | the service drains | `NOT_SERVING`, for every name, until the process ends |
/// | the name is unknown | `Check` fails with `NOT_FOUND`; `Watch` sends `SERVICE_UNKNOWN` |
///
/// A check, a nested struct or a group is also `NOT_SERVING` if the service itself is not ready, for example while it
/// is starting, held or stalled.
///
/// While the service drains, `liveness` is `NOT_SERVING` too, although `/livez` passes. The reason is that clients of
/// gRPC use the health service to choose a server, so every name has to tell them to choose another one. The health
/// service of grpc-go does the same.
///
/// For the liveness probe of Kubernetes, use `httpGet` with `/livez`, not `grpc: {service: liveness}`. Otherwise,
/// Kubernetes restarts the container if a drain takes longer than `periodSeconds` × `failureThreshold` (30 s by
/// default), unless the pod is being deleted.
///
/// # Methods
///
/// `Check` and `List` read the last published state, like an HTTP probe. They wait in the same cases as an HTTP probe,
/// for example for the first result of a critical check, and never longer than `probe_budget`. `List` returns the
/// status of every service at the same moment. If a `Check` has the metadata `health-hops`, it leaves out the checks
/// that ask a probe of another service, see [the HTTP contract](crate::_documentation::http#queries).
///
/// `Watch` sends the current status immediately, and then each change. A change is sent within 50 ms, and the start of
/// a drain immediately. If a client reads too slowly, it gets the newest status, and not those in between. A stream for
/// an unknown name stays open too, but its status never changes, because all names are known when the engine starts.
/// While any stream is open, the checks with a `ttl` run as if a probe asked for them once a second.
///
/// When the drain is over, or when the engine shuts down, every stream of `Watch` ends with the status `UNAVAILABLE`.
/// This means that open streams do not delay the end of the server. Clients then try again, and reach another server. A
/// request that the client has not sent completely by then ends with the same status, 250 ms later.
///
/// # Cost
///
/// A request of more than 4 KiB is refused with `OUT_OF_RANGE`. The status of a group is computed from its checks for
/// each request. A stream only does work when the state of a check or of a probe changes.
///
/// [gRPC health checking protocol]: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
#[cfg_attr(docsrs, doc(cfg(feature = "tonic-0_14")))]
#[derive(Clone)]
pub struct GrpcHealth {
    engine: Arc<EngineHandle>,
    /// Further names of readiness.
    aliases: Arc<[Box<str>]>,
}

impl GrpcHealth {
    /// Adds a name that reports the readiness probe. Use it for clients that ask for a service of the application by
    /// its full name. Call it once for each name.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// # let health = AppState { flag: Flag::healthy() }.start_health();
    /// let service = health.grpc().service("orders.v1.Orders");
    /// ```
    ///
    /// In generated code, this name is the constant of the trait [`NamedService`], such as
    /// `OrdersServer::<Orders>::NAME`.
    #[must_use]
    pub fn service(mut self, name: impl AsRef<str>) -> Self {
        let names = self.aliases.iter().cloned().chain([name.as_ref().into()]);
        self.aliases = names.collect();
        self
    }

    /// Notes the request. A client asks, through a server of the application.
    fn note(&self) {
        self.engine.note_probe();
        self.engine.note_server();
    }

    async fn check(self, request: tonic::Request<HealthCheckRequest>) -> Result<ServingStatus, Status> {
        self.note();
        let HealthCheckRequest(name) = request.get_ref();
        let Some(mut subject) = self.subject(name) else {
            return Err(Status::not_found("no service has this name"));
        };
        if request.metadata().contains_key(HOPS) {
            subject = subject.without(self.engine.names.asking().collect());
        }
        let view = self.engine.probe(subject.probe, subject.selection.as_ref()).await;
        Ok(status(&view, &subject))
    }

    async fn list(self) -> HealthListResponse {
        self.note();
        let view = self.engine.probe(Probe::Health, None).await;
        let status = |name: &str| Some((name.to_owned(), status(&view, &self.subject(name)?)));
        HealthListResponse(self.services().into_iter().filter_map(status).collect())
    }

    fn watch(&self, HealthCheckRequest(name): &HealthCheckRequest) -> Result<WatchStream, Status> {
        self.note();
        WatchStream::new(&self.engine, self.subject(name)).ok_or_else(ended)
    }

    async fn answer<B>(self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError> + Send,
    {
        match request.uri().path() {
            "/grpc.health.v1.Health/Check" => grpc().unary(Check(self), request).await,
            "/grpc.health.v1.Health/List" => grpc().unary(List(self), request).await,
            "/grpc.health.v1.Health/Watch" => grpc().server_streaming(Watch(self), request).await,
            _ => Status::unimplemented("no such method").into_http(),
        }
    }
}

/// The status of the services that the subject stands for.
fn status(view: &View, subject: &Subject) -> ServingStatus {
    let passes = view.state(subject.probe, subject.selection.as_ref()).passes();
    if passes && view.standing.phase != Phase::Draining {
        ServingStatus::SERVING
    } else {
        ServingStatus::NOT_SERVING
    }
}

fn grpc<E: Encode, D: Decode>() -> Grpc<HealthCodec<E, D>> {
    Grpc::new(HealthCodec::new()).max_decoding_message_size(LONGEST)
}

impl NamedService for GrpcHealth {
    const NAME: &'static str = SERVICE;
}

impl<B> Service<Request<B>> for GrpcHealth
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError> + Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let engine = Arc::clone(&service.engine);
            let (answer, late) = (pin!(service.answer(request)), pin!(engine.out_of_patience()));
            Ok(match select(answer, late).await {
                Either::Left((response, _)) => response,
                Either::Right(_) => ended().into_http(),
            })
        })
    }
}

struct Check(GrpcHealth);

impl UnaryService<HealthCheckRequest> for Check {
    type Response = ServingStatus;
    type Future = BoxFuture<'static, Result<tonic::Response<ServingStatus>, Status>>;

    fn call(&mut self, request: tonic::Request<HealthCheckRequest>) -> Self::Future {
        let status = self.0.clone().check(request);
        Box::pin(async { status.await.map(tonic::Response::new) })
    }
}

struct List(GrpcHealth);

impl UnaryService<HealthListRequest> for List {
    type Response = HealthListResponse;
    type Future = BoxFuture<'static, Result<tonic::Response<HealthListResponse>, Status>>;

    fn call(&mut self, _: tonic::Request<HealthListRequest>) -> Self::Future {
        let list = self.0.clone().list();
        Box::pin(async { Ok(tonic::Response::new(list.await)) })
    }
}

struct Watch(GrpcHealth);

impl ServerStreamingService<HealthCheckRequest> for Watch {
    type Response = ServingStatus;
    type ResponseStream = WatchStream;
    type Future = std::future::Ready<Result<tonic::Response<WatchStream>, Status>>;

    fn call(&mut self, request: tonic::Request<HealthCheckRequest>) -> Self::Future {
        std::future::ready(self.0.watch(request.get_ref()).map(tonic::Response::new))
    }
}

impl fmt::Debug for GrpcHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcHealth")
            .field("aliases", &self.aliases)
            .finish_non_exhaustive()
    }
}
