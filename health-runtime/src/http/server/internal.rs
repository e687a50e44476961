//! The probes for whoever is on call: with all that is known, on a port that no blocked runtime silences.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use axum::Router;
use axum::response::Response;
use http::Request;

use crate::engine::Onlooker;
use crate::health::Health;
use crate::http::axum::router;
use crate::http::response::respond;
use crate::http::{Answer, Probes, server};
use crate::report::Audience;

const NO_PROBE: &[u8] = b"{\"error\":\"no probe has this path\"}\n";
const ENDED: &[u8] = b"{\"error\":\"the service has ended\"}\n";

impl Health {
    /// The probes as [`router`](Self::router) has them, for whoever is on call: with each check's `message` (the text of
    /// its last error, credentials masked), `description`, `runbook`, `groups`, `restart_helps` and `parts`, what its
    /// last run said by itself (`raw_status`, `raw_reason`) and how long ago (`age_ms`), and up to 1 MiB of them
    /// instead of 4 KiB. For a port that the public does not reach.
    ///
    /// It runs on the application's runtime: where that is blocked it does not answer, and
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

    /// Serves the probes for whoever is on call at this address, on a thread and a runtime of its own, and returns the
    /// address (port 0 picks a free one). A name with several addresses, such as `localhost`, is served at each of them;
    /// the first is returned.
    ///
    /// It shows what [`internal_router`](Self::internal_router) shows, at the same paths, and nothing else. It answers
    /// while every worker of the application's runtime is blocked, and then says so: from here on that runtime is watched,
    /// and once it has run nothing for [`stalled_after`](crate::HealthBuilder::stalled_after) (10 s by default) liveness and
    /// readiness fail (`stalled`). It answers while the service drains, and for as long as anybody has a [`Health`]; it
    /// keeps none itself. When the engine ends, the port and its connections are closed. May be
    /// called for several addresses: each call has a thread.
    ///
    /// Readiness is `starting` here until [`listener`](Self::listener) accepts connections. If the service has a
    /// [`router`](Self::router) but no `listener`, readiness is `starting` until the server of that router has answered a
    /// probe, or a request through [`drain_layer`](Self::drain_layer), or waits for [`shutdown_signal`](Self::shutdown_signal). A worker without a server needs neither.
    ///
    /// Whoever reaches the port reads error texts: bind it to an address that the public does not reach. At most 256
    /// connections are open at once; the next one closes the oldest. A connection that sends no complete head of a request
    /// within 30 s is closed.
    ///
    /// A runtime that runs nothing for long because nobody drives it, such as a current-thread one outside of its
    /// `block_on`, counts as stalled too.
    ///
    /// Whatever starting waits for ([`startup_task`](Self::startup_task)) is declared before this: from here on a start
    /// with nothing left to wait for is final. A name in the address is resolved here and now, which blocks; numbers
    /// are not.
    ///
    /// # Errors
    ///
    /// Returns what the operating system says when the address cannot be resolved or bound, with the address: the port is
    /// taken, say. An address that the machine does not have is left out if another one can be bound; an address that is
    /// taken is an error. Also returns an error in a test that controls the clock.
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
        let engine = Onlooker::new(self.engine.engine());
        let answer = move |request| respond_to(engine.clone(), request);
        server::serve("health internal", listeners, answer, self.engine.ended())?;
        self.engine.with(|core, _| core.servers(|servers| servers.offer(false)));
        self.engine.arm();
        self.engine.watch_runtime();
        Ok(address)
    }
}

/// Answers from the engine, without keeping it alive.
async fn respond_to(engine: Onlooker, request: Request<()>) -> Response {
    let (method, uri) = (request.method().as_str(), request.uri());
    let answer = answer(&engine, method, uri.path(), uri.query()).await;
    let answer = answer.unwrap_or_else(|| Answer::error(503, true, ENDED));
    respond(answer.to(method), request.version())
}

/// The answer, unless the engine has ended: it is looked at before the wait and after it, and not kept in between.
async fn answer(engine: &Onlooker, method: &str, path: &str, query: Option<&str>) -> Option<Answer> {
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
        let onlooker = Onlooker::new(health.engine.engine());
        let ask = || respond_to(onlooker.clone(), Request::get("/livez").body(()).expect("a request"));
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
