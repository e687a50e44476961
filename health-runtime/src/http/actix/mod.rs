//! The probes for actix-web, and the shutdown of its server without losing a request.
//!
//! ```text
//! drain     the middleware that asks clients to close their connections
//! shutdown  stops actix when no connection is waiting
//! ```

pub(in crate::http) mod drain;
mod shutdown;

use std::cmp::Reverse;
use std::convert::Infallible;
use std::future::ready;

use actix_web::body::{BoxBody, SizedStream};
use actix_web::guard::fn_guard;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::stream;

use crate::health::Health;
use crate::http::paths::Target;
use crate::http::{ActixDrain, Answer, ProbeRequest, Probes};
use crate::spec::Route;

impl Health {
    /// Returns a function that adds the probes to an application of actix-web 4. Pass it to `App::configure`. The
    /// probes have the paths `/livez`, `/readyz`, `/startupz` and `/health`, unless the service sets `prefix` or other
    /// paths. The checks of each probe are available below its path, for example at `/readyz/db`. The answers are
    /// described in [the HTTP contract](crate::_documentation::http).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use actix_web::{App, HttpServer, web};
    /// use health_runtime::{Flag, HealthState};
    ///
    /// #[derive(HealthState)]
    /// struct AppState {
    ///     #[health_check(critical)]
    ///     db: Flag,
    /// }
    ///
    /// // In your service, add the attribute `#[actix_web::main]`. It needs the feature `macros` of actix-web.
    /// async fn main() -> std::io::Result<()> {
    ///     let state = web::Data::new(AppState { db: Flag::healthy() });
    ///     let health = state.clone().into_inner().start_health(); // once, outside of the closure below
    ///     let listener = std::net::TcpListener::bind("127.0.0.1:3000")?;
    ///     let stop = health.actix_shutdown_signal(&listener)?; // SIGTERM starts the drain
    ///     HttpServer::new(move || {
    ///         App::new()
    ///             .wrap(health.actix_drain()) // while draining, asks clients to close their connections
    ///             .configure(health.actix()) // /livez /readyz /startupz /health, before all other routes
    ///             .app_data(state.clone())
    ///             .route("/orders", web::get().to(async || "[]"))
    ///     })
    ///     .listen(listener)?
    ///     .shutdown_signal(stop)
    ///     .run()
    ///     .await
    /// }
    /// # actix_web::rt::System::new().block_on(main()).unwrap();
    /// ```
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for.
    ///
    /// # Where to add the probes
    ///
    /// Add the probes before all other routes. Actix tries the routes in the order in which they were added. A route
    /// that matches every path, such as a service for the files of a folder at `/`, would otherwise answer the requests
    /// for the probes. A request for the path of a probe, or for a path below one, never reaches the default service of
    /// the application.
    ///
    /// A middleware of the `App` also wraps the probes. Probes should not be behind a middleware for authentication,
    /// compression or rate limits. Put the routes of the application into a `web::scope("")`, and wrap that scope
    /// instead.
    ///
    /// To move the probes, set `prefix` or other paths. You can also add the probes to a scope: with
    /// `web::scope("/internal").configure(…)`, they are at `/internal/livez` and so on.
    ///
    /// # The state
    ///
    /// Derive `HealthState` for the struct in `web::Data<AppState>`. `into_inner` returns its `Arc<AppState>`, which
    /// has the same checks. So the struct does not need to be `Clone`.
    ///
    /// # Runtimes
    ///
    /// Call `start_health` once, outside of the closure of `HttpServer::new`. Actix calls this closure for each worker,
    /// and each call of `start_health` starts another engine, which runs all checks again.
    ///
    /// The checks run on the runtime on which `start_health` was called. With `#[actix_web::main]`, this is the runtime
    /// of the main thread. It has only one thread and serves no requests, because each worker of actix has its own
    /// thread and its own runtime. So a handler that blocks its worker does not delay the checks. However, a check that
    /// blocks its thread delays all other checks, so use [`blocking`](crate::_documentation::options#blocking) for it.
    ///
    /// [`serve_internal`](Self::serve_internal) and [`serve`](Self::serve) watch the runtime of the checks. If the main
    /// thread is blocked, liveness fails with the reason `stalled`. A blocked worker does not cause this failure.
    /// However, a blocked worker does not answer any probes, so a prober that is connected to it gets a timeout.
    pub fn actix(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + Sync + use<> {
        let probes = self.probes();
        move |app| {
            shutdown::attend_worker(&probes.engine.serving); // actix configures each worker on its own runtime
            let mut routes: Vec<(usize, &Route)> = probes.engine.service.routes.iter().enumerate().collect();
            // One path may be below another, and actix takes the first scope that fits.
            routes.sort_by_key(|(_, route)| Reverse(route.path.len()));
            for (index, Route { path, .. }) in routes {
                let (probes, path) = (probes.clone(), path.clone());
                // A scope contains its path and everything below it.
                let scope = web::scope(&path)
                    .guard(fn_guard(move |context| context.head().uri.path().contains(&*path)))
                    .default_service(web::to(move |request| answer(probes.clone(), index, request)));
                app.service(scope);
            }
        }
    }

    /// Returns a middleware for `App::wrap`. While the service is draining, it adds `Connection: close` to responses,
    /// so that clients open new connections instead of keeping idle ones. By that time, new connections are routed to
    /// another instance.
    ///
    /// See [`actix`](Self::actix) for an example.
    pub fn actix_drain(&self) -> ActixDrain {
        ActixDrain::new(self.clone())
    }
}

async fn answer(probes: Probes, route: usize, request: HttpRequest) -> HttpResponse {
    let get = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    let asked = ProbeRequest::new(request.method().as_str(), request.uri().path())
        .query(request.uri().query())
        .headers(get(header::ACCEPT), || get(HeaderName::from_static("last-event-id")));
    let below = request.match_info().unprocessed().strip_prefix('/');
    let target = Target { route, below };
    respond(match probes.at_once(target, asked.method, asked.takes_any_format()) {
        Some(answer) => answer,
        None => probes.answer_target(target, &asked).await,
    })
}

fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).expect("it is one of our codes");
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers() {
        match name {
            "connection" => response.force_close(), // actix ignores the header itself
            "content-length" => &mut response,      // of the body
            _ => response.insert_header((name, value)),
        };
    }
    // The body of HEAD is empty, but has the length of GET.
    let body = stream::once(ready(Ok::<_, Infallible>(answer.body)));
    response.body(SizedStream::new(answer.length as u64, body))
}

/// Converts an answer into a response, so that a handler can return it. For example, a handler can answer a probe at
/// another path.
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
/// let probes = health.probes();
/// let ready = move || {
///     let probes = probes.clone();
///     async move { probes.answer("GET", "/readyz", None).await }
/// };
/// let app = App::new().route("/internal/ready", web::get().to(ready));
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "actix-web-4")))]
impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(self)
    }
}
