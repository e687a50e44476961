//! Serves an axum application and its probes in one call.

use std::fmt::Debug;
use std::io;

use axum::Router;
use axum::serve::Listener;

use crate::health::Health;
use crate::http::ListenSocket;

impl Health {
    /// Serves an axum application and the probes, and shuts down without losing a request. This is the shortest way to
    /// use a `Health` with axum. It does the same as these steps, which you can also write yourself:
    ///
    /// ```
    /// # use std::net::SocketAddr;
    /// # async fn steps(health: &health_runtime::Health, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let stop = health.shutdown_signal(); // SIGTERM starts the drain
    /// let app = app
    ///     .layer(health.drain_layer()) // while draining, asks clients to close their connections
    ///     .merge(health.router()) // /livez /readyz /startupz /health
    ///     .into_make_service_with_connect_info::<SocketAddr>();
    /// axum::serve(health.listener(listener), app).with_graceful_shutdown(stop).await
    /// # }
    /// ```
    ///
    /// On SIGTERM, readiness fails immediately. The server continues to serve requests for the time set by `drain` (7 s
    /// by default), so that load balancers notice the failure. It then stops accepting connections and finishes the
    /// requests in flight, and the future resolves. See [`shutdown_signal`](Self::shutdown_signal) for SIGINT, a second
    /// signal and `shutdown_grace`.
    ///
    /// Signals are handled as soon as this method is called, even before the returned future is polled. If the service
    /// does slow work before it calls this method, call `shutdown_signal` before that work. You can drop the future
    /// that it returns. If a signal then arrives during the work, this server also ends when the drain is over.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for.
    ///
    /// # Errors
    ///
    /// Returns the error of `axum::serve`. At the moment, `axum::serve` never returns an error.
    ///
    /// # Panics
    ///
    /// Panics if the application already has a route at the path of a probe. For example, it may have its own
    /// `/health`, or it may already contain [`router`](Self::router). To move the probes, see
    /// [`prefix`](crate::_documentation::options#prefix) and
    /// [`liveness_paths`](crate::_documentation::options#liveness_paths).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the server immediately. Open connections continue in their own tasks.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use health_runtime::{Flag, HealthState};
    ///
    /// #[derive(Clone, HealthState)]
    /// struct AppState {
    ///     #[health_check(critical)]
    ///     db: Flag,
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let state = AppState { db: Flag::healthy() };
    ///     let health = state.start_health();
    ///     let app = Router::new().route("/orders", get(|| async { "[]" })).with_state(state);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    ///     health.serve_axum(listener, app).await
    /// }
    /// ```
    ///
    /// # Unix sockets
    ///
    /// The listener can also be a `UnixListener` of tokio. This needs tokio 1.47 or later, because the address of a
    /// client must be `Clone`.
    pub fn serve_axum<L>(&self, listener: L, app: Router) -> impl Future<Output = io::Result<()>> + Send + use<L>
    where
        L: ListenSocket,
        <L as Listener>::Addr: Clone + Debug + Sync,
    {
        let stop = self.shutdown_signal();
        let app = app
            .layer(self.drain_layer())
            .merge(self.router()) // last, so that no layer wraps the probes
            .into_make_service_with_connect_info::<<L as Listener>::Addr>();
        let listener = self.listener(listener);
        async move { axum::serve(listener, app).with_graceful_shutdown(stop).await }
    }
}
