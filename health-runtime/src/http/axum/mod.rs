//! The probes for axum: as a router, with a layer and a listener that lose no request at the end of the service.

pub(in crate::http) mod drain;
pub(in crate::http) mod listener;

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
use crate::http::response::respond;
use crate::http::{Answer, DrainLayer, Probes, Target};
use crate::spec::Probe;

impl Health {
    /// The probes as a router: `/livez`, `/readyz`, `/startupz` and `/health` (or what `prefix` says), and below each
    /// one its checks, such as `/readyz/db`. For a router with any state. What they answer is
    /// [the HTTP contract](crate::_documentation::http).
    ///
    /// Merge it last: axum's `layer` wraps the routes that are there already, and a layer for authentication, CORS or
    /// timeouts has no business with a probe. A fallback never sees a path at or below a probe's.
    ///
    /// Whatever starting waits for ([`startup_task`](Self::startup_task)) is declared before the first router: from
    /// there on a start with nothing left to wait for is final.
    ///
    /// # Panics
    ///
    /// `Router::merge` panics if the application has a route of its own at one of these paths.
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

    /// A layer for the application's own routes: while the service drains, responses carry `Connection: close`, so
    /// that clients with idle connections come back on new ones, by then to another instance.
    pub fn drain_layer(&self) -> DrainLayer {
        DrainLayer::new(self.clone())
    }
}

pub(in crate::http) fn router<S: Clone + Send + Sync + 'static>(probes: &Probes) -> Router<S> {
    let mut router = Router::new();
    for (probe, path) in Probe::ALL.into_iter().zip(&probes.engine.paths) {
        let service = |probe| ProbeService {
            probes: probes.clone(),
            probe,
        };
        router = router
            .route_service(path, service(Some(probe)))
            .route_service(&format!("{path}/"), service(None))
            .route_service(&format!("{path}/{{*below}}"), service(None));
    }
    router
}

/// A service and not a handler: that is a fifth cheaper, and HEAD is ours.
#[derive(Clone)]
struct ProbeService {
    probes: Probes,
    /// The probe at this very path; absent where the path has to be looked at.
    probe: Option<Probe>,
}

impl Service<Request> for ProbeService {
    type Response = Response;
    type Error = Infallible;
    type Future = ProbeFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ProbeFuture {
        let (method, uri, version) = (request.method(), request.uri(), request.version());
        let at_once = self
            .probe
            .and_then(|probe| self.probes.at_once(probe, method.as_str(), uri.query()));
        if let Some(answer) = at_once {
            return ProbeFuture::Now(Some((answer, version)));
        }
        let (probes, probe, method, uri) = (self.probes.clone(), self.probe, method.clone(), uri.clone());
        ProbeFuture::Later(Box::pin(async move {
            let here = probe.map(Target::All);
            let target = here.or_else(|| probes.target(uri.path()));
            // A path that somebody has rewritten on the way is nobody's: 404, and not green.
            let target = target.unwrap_or(Target::Below(Probe::Health, ""));
            respond(
                probes.answer_target(target, method.as_str(), uri.query()).await,
                version,
            )
        }))
    }
}

enum ProbeFuture {
    /// Small until it is polled: a response is moved about on its way into this future and out again.
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

/// For a handler that answers a probe at a path of its own. HTTP/2 has no `Connection` header: a handler that serves
/// HTTP/2 removes it.
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
