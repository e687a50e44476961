//! The probes for axum: a router, and a layer and a listener that lose no request at the end of the service.

pub(in crate::http) mod drain;
pub(in crate::http) mod listener;
mod serve;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::Version;
use tower_service::Service;

use crate::health::Health;
use crate::http::internal::InternalPath;
use crate::http::into_response::respond;
#[cfg(all(feature = "page", feature = "token"))]
use crate::http::operator::login;
use crate::http::{Answer, DrainLayer, ProbeRequest, Probes, Target, request};
use crate::report::Audience;
use crate::spec::Route;

impl Health {
    /// Returns a router that serves the probes, for an application with any state type. The probes have the paths
    /// `/livez`, `/readyz`, `/startupz` and `/health`, unless the service sets `prefix` or other paths. The checks of
    /// each probe are available below its path, for example at `/readyz/db`. The answers are described in [the HTTP
    /// contract](crate::_documentation::http).
    ///
    /// Merge this router last. In axum, a layer only applies to the routes that were added before it, and probes should
    /// not be behind layers for authentication, CORS or timeouts. Requests for the path of a probe, or for a path below
    /// one, never reach the fallback of the application.
    ///
    /// Call [`startup_task`](Self::startup_task) before you create the first router. Once the router has been created,
    /// the service starts as soon as there is nothing left to wait for. It never goes back to starting, so a startup
    /// task that is added later has no effect.
    ///
    /// # Panics
    ///
    /// `Router::merge` panics if the application already has a route at one of these paths.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// let app: axum::Router = axum::Router::new()
    ///     .fallback(|| async { "everything else" })
    ///     .merge(health.router());
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        router(&self.probes())
    }

    /// Returns a router with the probes for the person on call. It has the same paths as [`router`](Self::router), but
    /// shows more details of each check:
    ///
    /// - `message`: the message of the last run, with credentials masked. It is shown whatever `public` is;
    /// - `description`, `runbook`, `groups`, `restart_helps` and `parts`;
    /// - `raw_status` and `raw_reason`: the result of the last run, before thresholds, `fail_open` and the circuit
    ///   breaker are applied;
    /// - `age_ms`: the time since the last run ended.
    ///
    /// It also serves the [metrics](crate::_documentation::metrics) at `/metrics`, unless a probe has this path.
    ///
    /// The body of an answer can be up to 1 MiB long instead of 4 KiB. Only use this router on a port that cannot be
    /// reached by the public.
    ///
    /// The router runs on the application's runtime, so it cannot answer while that runtime is blocked. If you need
    /// answers even then, use [`serve_internal`](Self::serve_internal) instead.
    ///
    /// # Panics
    ///
    /// `Router::merge` panics if the application already has a route at one of these paths, for example because
    /// [`router`](Self::router) was merged into the same router.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// let public: axum::Router = axum::Router::new().merge(health.router());
    /// let admin: axum::Router = axum::Router::new().merge(health.internal_router()); // for a listener of its own
    /// ```
    pub fn internal_router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        router(&self.probes_for(Audience::Internal))
    }

    /// Returns a layer for the routes of the application. While the service is draining, the layer adds
    /// `Connection: close` to responses, so that clients open new connections instead of keeping idle ones. By that
    /// time, new connections are routed to another instance.
    pub fn drain_layer(&self) -> DrainLayer {
        DrainLayer::new(self.clone())
    }
}

fn router<S: Clone + Send + Sync + 'static>(probes: &Probes) -> Router<S> {
    let mut router = Router::new();
    for (index, Route { path, .. }) in probes.engine.service.routes.iter().enumerate() {
        let service = |route| ProbeService {
            probes: probes.clone(),
            route,
        };
        router = router
            .route_service(path, service(Some(index)))
            .route_service(&format!("{path}/"), service(None))
            .route_service(&format!("{path}/{{*below}}"), service(None));
    }
    for internal in probes.internal_paths() {
        let probes = probes.clone();
        router = router.route_service(internal.path(), InternalService { probes, internal });
    }
    router
}

/// Answers a path of the internal router that is not the path of a probe.
#[derive(Clone)]
struct InternalService {
    probes: Probes,
    internal: InternalPath,
}

impl Service<Request> for InternalService {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { probes, internal } = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            #[cfg(all(feature = "page", feature = "token"))]
            let form = login::form(internal, &head.method, body).await;
            #[cfg(not(all(feature = "page", feature = "token")))]
            drop(body);
            let head = Request::from_parts(head, ());
            let request = ProbeRequest {
                #[cfg(all(feature = "page", feature = "token"))]
                form: &form,
                ..ProbeRequest::from(&head)
            };
            Ok(respond(probes.answer_internal(internal, &request), head.version()))
        })
    }
}

/// A service and not a handler, because a service is a fifth cheaper, and can answer HEAD itself.
#[derive(Clone)]
struct ProbeService {
    probes: Probes,
    /// The index of the route with exactly this path. `None` if the path has to be parsed.
    route: Option<usize>,
}

impl Service<Request> for ProbeService {
    type Response = Response;
    type Error = Infallible;
    type Future = ProbeFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ProbeFuture {
        let version = request.version();
        let here = self.route.map(Target::all);
        let at_once = here.and_then(|target| {
            let takes_any_format = request::takes_any_format(&request);
            self.probes.at_once(target, request.method().as_str(), takes_any_format)
        });
        if let Some(answer) = at_once {
            return ProbeFuture::Now(Some((answer, version)));
        }
        let (probes, head) = (self.probes.clone(), request.map(drop));
        ProbeFuture::Later(Box::pin(async move {
            let request = ProbeRequest::from(&head);
            let target = here.or_else(|| probes.target(request.path));
            // If a middleware has rewritten the path, it may match no probe. Then the answer is 404, and not a success.
            let target = target.unwrap_or(Target {
                route: 0,
                below: Some(""),
            });
            respond(probes.answer_target(target, &request).await, version)
        }))
    }
}

enum ProbeFuture {
    /// An answer is smaller than a response, which would be moved into this future and out again.
    Now(Option<(Answer, Version)>),
    Later(BoxFuture<'static, Response>),
}

impl Future for ProbeFuture {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Now(answer) => {
                let (answer, version) = answer.take().expect("polled after it was ready");
                Poll::Ready(Ok(respond(answer, version)))
            }
            Self::Later(response) => response.as_mut().poll(context).map(Ok),
        }
    }
}

/// Converts an answer into a response, so that a handler can answer a probe at a path of its own. HTTP/2 has no
/// `Connection` header, so if the handler serves HTTP/2, it must remove the header from the response.
///
/// ```
/// # use health_runtime::{Flag, HealthState};
/// # #[derive(Clone, HealthState)]
/// # struct AppState { #[health_check] flag: Flag }
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// # let health = AppState { flag: Flag::healthy() }.start_health();
/// use axum::{Router, routing::get};
///
/// let probes = health.probes();
/// let ready = async move || probes.answer("GET", "/readyz", None).await.expect("a path of a probe");
/// let app: Router = Router::new().route("/internal/ready", get(ready));
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        respond(self, Version::HTTP_11)
    }
}
