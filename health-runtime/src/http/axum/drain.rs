//! The layer that asks clients to close their connections while the service drains.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode, Version};
use tower_layer::Layer;
use tower_service::Service;

use crate::health::Health;
use crate::http::into_response::close;

/// A layer that adds `Connection: close` to responses while the service is draining. It is returned by
/// [`Health::drain_layer`].
///
/// If a handler sets a `Connection` header itself, the layer replaces it. HTTP/2 responses are left unchanged, because
/// HTTP/2 has no such header. The same goes for responses that switch protocols, such as the response that opens a
/// WebSocket.
///
/// ```
/// # use axum::{Router, routing::get};
/// # use health_runtime::{Flag, HealthState};
/// # #[derive(Clone, HealthState)]
/// # struct AppState { #[health_check] flag: Flag }
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// # let state = AppState { flag: Flag::healthy() };
/// let health = state.start_health();
/// let app: Router = Router::new()
///     .route("/orders", get(|| async { "[]" }))
///     .layer(health.drain_layer())
///     .merge(health.router());
/// ```
#[derive(Clone, Debug)]
pub struct DrainLayer {
    health: Health,
}

impl DrainLayer {
    pub(in crate::http) fn new(health: Health) -> Self {
        Self { health }
    }
}

impl<S> Layer<S> for DrainLayer {
    type Service = DrainService<S>;

    fn layer(&self, inner: S) -> DrainService<S> {
        let health = self.health.clone();
        DrainService { inner, health }
    }
}

/// The service created by [`DrainLayer`].
#[derive(Clone, Debug)]
pub struct DrainService<S> {
    inner: S,
    health: Health,
}

impl<S, Q, A> Service<Request<Q>> for DrainService<S>
where
    S: Service<Request<Q>, Response = Response<A>>,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = DrainFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> DrainFuture<S::Future> {
        self.health.engine.note_server(); // a request came through the application's server
        let version = request.version();
        let health = (version <= Version::HTTP_11).then(|| self.health.clone());
        let inner = self.inner.call(request);
        DrainFuture { inner, health, version }
    }
}

pin_project_lite::pin_project! {
    /// The response future for [`DrainService`].
    #[derive(Debug)]
    pub struct DrainFuture<F> {
        #[pin]
        inner: F,
        // `None` for HTTP/2, which has no `Connection` header.
        health: Option<Health>,
        version: Version,
    }
}

impl<F, A, E> Future for DrainFuture<F>
where
    F: Future<Output = Result<Response<A>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(context));
        // Checked when the response is ready, because the drain may have begun in the meantime.
        if let (Ok(response), Some(health)) = (&mut response, this.health)
            && response.status() != StatusCode::SWITCHING_PROTOCOLS
            && health.is_draining()
        {
            close(response, *this.version);
        }
        Poll::Ready(response)
    }
}
