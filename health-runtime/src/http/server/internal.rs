//! The probes for the person on call: with all details, on a port that answers even if the runtime is blocked.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use axum::Router;
use axum::response::Response;
use http::Request;

use crate::engine::WeakEngine;
use crate::health::Health;
use crate::http::axum::router;
use crate::http::response::respond;
use crate::http::{Answer, FORMAT, Probes, server};
use crate::report::Audience;

const NO_PROBE: &str = "no probe has this path";
const ENDED: &str = "the service has ended";

impl Health {
    /// The probes for the person on call, as a router. It has the paths of [`router`](Self::router), and shows more of
    /// each check:
    ///
    /// - `message`: what its last run reported, with credentials masked, with or without `public_details`;
    /// - `description`, `runbook`, `groups`, `restart_helps` and `parts`;
    /// - `raw_status` and `raw_reason`: the result of its last run, before thresholds, `fail_open` and the breaker;
    /// - `age_ms`: how long ago that run ended.
    ///
    /// A body has up to 1 MiB instead of 4 KiB. Use it for a port that the public cannot reach.
    ///
    /// It runs on the runtime of the application, so it does not answer while that runtime is blocked.
    /// [`serve_internal`](Self::serve_internal) does.
    ///
    /// # Panics
    ///
    /// `Router::merge` panics if the application has a route of its own at one of these paths, such as those of
    /// [`router`](Self::router).
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

    /// Serves the probes for the person on call at this address, on its own thread with its own runtime. Returns the
    /// address. Port 0 picks a free port. If a name has several addresses, such as `localhost`, all of them are served,
    /// and the first is returned.
    ///
    /// It shows the same as [`internal_router`](Self::internal_router), at the same paths, and nothing else. It may be
    /// called for several addresses. Each call has its own thread.
    ///
    /// It also answers while every worker of the application's runtime is blocked. From this call on, that runtime is
    /// watched. Once it has run nothing for [`stalled_after`](crate::HealthBuilder::stalled_after) (10 s by default),
    /// liveness and readiness fail (`stalled`). If nothing drives the runtime for a long time, such as a current-thread
    /// runtime outside of `block_on`, it counts as stalled too.
    ///
    /// It answers while the service drains, and as long as any [`Health`] exists. It holds none itself. When the engine
    /// ends, the port and its connections are closed.
    ///
    /// Readiness is `starting` here until [`listener`](Self::listener) accepts connections. If the service has a
    /// [`router`](Self::router) but no `listener`, readiness is `starting` until the server of that router runs. The
    /// server runs once it has answered a probe, or a request through [`drain_layer`](Self::drain_layer), or waits for
    /// [`shutdown_signal`](Self::shutdown_signal) or [`drain_finished`](Self::drain_finished). A worker without a
    /// server needs none of this.
    ///
    /// The port shows error texts, so bind it to an address that the public cannot reach. At most 256 connections are
    /// open at once. The next one closes the oldest. If a connection does not send a complete request head within 30 s,
    /// it is closed.
    ///
    /// Call [`startup_task`](Self::startup_task) before this. After it, the service starts as soon as nothing is left
    /// to wait for, and a start is final. If the address is a name, this call resolves it, and blocks meanwhile.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if the address cannot be resolved or bound, for example because the
    /// port is taken, or if no thread can be started. If the address cannot be bound, the text contains it. If a name
    /// has several addresses, those that the machine does not have are skipped, as long as one can be bound. An address
    /// that is taken is always an error. In a test that controls the clock, this always returns an error.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # fn main() -> std::io::Result<()> {
    /// # let runtime = tokio::runtime::Runtime::new()?;
    /// # let _guard = runtime.enter();
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// let address = health.serve_internal("127.0.0.1:0")?; // in a container: ("0.0.0.0", 9090), and no Service for it
    /// println!("http://{address}/health");
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve_internal(&self, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
        if !self.engine.has_threads() {
            return Err(io::Error::other("cannot serve a port while a test controls the clock"));
        }
        let addresses: Vec<_> = address.to_socket_addrs()?.collect();
        let listeners = server::bind(&addresses).map_err(|error| {
            let text = format!("cannot serve the internal probes at {addresses:?}: {error}");
            io::Error::new(error.kind(), text)
        })?;
        let address = listeners[0].local_addr()?;
        let engine = WeakEngine::new(self.engine.engine());
        let answer = move |request| respond_to(engine.clone(), request);
        server::serve("health internal", listeners, answer, self.engine.ended())?;
        self.engine.with(|core, _| core.servers(|servers| servers.offer(false)));
        self.engine.arm();
        self.engine.watch_runtime();
        Ok(address)
    }
}

/// Answers a request, without keeping the engine alive.
async fn respond_to(engine: WeakEngine, request: Request<()>) -> Response {
    let (method, uri) = (request.method().as_str(), request.uri());
    let answer = answer(&engine, method, uri.path(), uri.query()).await;
    let answer = answer.unwrap_or_else(|| Answer::error(503, true, FORMAT.refusal(ENDED)));
    respond(answer.to(method), request.version())
}

/// The answer, or `None` if the engine has ended. This looks at the engine before and after the wait, and does not hold
/// it in between.
async fn answer(engine: &WeakEngine, method: &str, path: &str, query: Option<&str>) -> Option<Answer> {
    let asked = engine.look(|engine| {
        engine.note_probe();
        let probes = Probes::moment(engine, Audience::Internal);
        let target = probes.target(path).ok_or_else(|| probes.refusal(404, NO_PROBE))?;
        probes.question(&target, method, query)
    })?;
    let question = match asked {
        Ok(question) => question,
        Err(answer) => return Some(answer),
    };
    let view = engine.probe(question.probe, question.selection.as_ref()).await?;
    engine.look(|engine| Probes::moment(engine, Audience::Internal).judged(&question, &view))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Core;

    #[tokio::test]
    async fn whoever_still_asks_when_the_engine_has_ended_is_told_so() {
        let health = Health::builder(()).start();
        let weak = WeakEngine::new(health.engine.engine());
        let ask = || respond_to(weak.clone(), Request::get("/livez").body(()).expect("a request"));
        health.engine.with(Core::arm);
        assert_eq!(ask().await.status(), 200);
        drop(health);
        let response = until_ended(ask).await;
        assert_eq!(response.headers()["connection"], "close");
    }

    /// The first answer after the last tick of the pacemaker.
    async fn until_ended<F: Future<Output = Response>>(ask: impl Fn() -> F) -> Response {
        loop {
            let response = ask().await;
            if response.status() == 503 {
                return response;
            }
            tokio::task::yield_now().await;
        }
    }
}
