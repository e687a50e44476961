//! The middleware that asks clients to close their connections while the service drains.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::{ConnectionType, StatusCode};
use futures_util::future::LocalBoxFuture;

use crate::health::Health;

/// A middleware that adds `Connection: close` to responses while the service is draining. It is returned by
/// [`Health::actix_drain`].
///
/// If a handler sets a `Connection` header itself, the middleware replaces it. Responses that switch protocols are left
/// unchanged, such as the response that opens a WebSocket. HTTP/2 has no such header, so actix leaves it out there. If
/// another middleware inside of this one returns an error, actix converts the error into a response later. That
/// response is left unchanged too.
///
/// ```
/// # use health_runtime::{Flag, HealthState};
/// # #[derive(Clone, HealthState)]
/// # struct AppState { #[health_check] flag: Flag }
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// # let health = AppState { flag: Flag::healthy() }.start_health();
/// use actix_web::{App, web};
///
/// let app = App::new()
///     .wrap(health.actix_drain())
///     .configure(health.actix())
///     .route("/orders", web::get().to(async || "[]"));
/// ```
#[derive(Clone, Debug)]
pub struct ActixDrain {
    health: Health,
}

impl ActixDrain {
    pub(in crate::http) fn new(health: Health) -> Self {
        Self { health }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ActixDrain
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    S::Future: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = S::Error;
    type Transform = ActixDrainService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let health = self.health.clone();
        ready(Ok(ActixDrainService { inner, health }))
    }
}

/// The service created by [`ActixDrain`].
#[derive(Clone, Debug)]
pub struct ActixDrainService<S> {
    inner: S,
    health: Health,
}

impl<S, B> Service<ServiceRequest> for ActixDrainService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    S::Future: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = S::Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse<B>, S::Error>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        self.health.engine.note_server(); // a request came through the application's server
        let (response, health) = (self.inner.call(request), self.health.clone());
        Box::pin(async move {
            let mut response = response.await?;
            // Checked when the response is ready, because the drain may have begun in the meantime.
            if health.is_draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response
                    .response_mut()
                    .head_mut()
                    .set_connection_type(ConnectionType::Close);
            }
            Ok(response)
        })
    }
}
