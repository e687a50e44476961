//! All that an axum service does with its health, in one call.

use std::fmt::Debug;
use std::io;

use axum::Router;
use axum::serve::Listener;

use crate::health::Health;
use crate::http::ListenSocket;

impl Health {
    /// Serves an axum application and the probes, and shuts down without losing a request. This is the shortest way to
    /// use a `Health` with axum. It is the same as these steps, which you can also do one by one:
    ///
    /// ```
    /// # use std::net::SocketAddr;
    /// # async fn steps(health: &health_runtime::Health, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let stop = health.shutdown_signal(); // SIGTERM begins the drain
    /// let app = app
    ///     .layer(health.drain_layer()) // while draining, asks clients to close their connections
    ///     .merge(health.router()) // /livez /readyz /startupz /health
    ///     .into_make_service_with_connect_info::<SocketAddr>();
    /// axum::serve(health.listener(listener), app).with_graceful_shutdown(stop).await
    /// # }
    /// ```
    ///
    /// On SIGTERM, readiness fails at once. The server goes on for the time set by `drain` (7 s), so that load balancers
    /// can notice. It then stops accepting connections, finishes the requests in flight, and the future resolves. See
    /// [`shutdown_signal`](Self::shutdown_signal) for SIGINT, a second signal and `shutdown_grace`.
    ///
    /// Signals are handled from this call on, even before the returned future is polled. If the service has a long way
    /// to go before it serves, call `shutdown_signal` once at its beginning: a drain that begins then also ends this
    /// server.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method.
    ///
    /// # Errors
    ///
    /// The error of `axum::serve`, which never returns one at the moment.
    ///
    /// # Panics
    ///
    /// If the application already has a route at the path of a probe, for example because it contains
    /// [`router`](Self::router), or a route at `/health`. The probes move with `#[health(prefix = "…")]`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the server at once. Connections in flight go on in their own tasks.
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
    /// The listener may also be tokio's `UnixListener`. This needs tokio 1.47, because the address of a client must be
    /// `Clone`.
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
