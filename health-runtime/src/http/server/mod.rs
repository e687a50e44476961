//! The probes on ports of their own, which answer even if the runtime of the application is blocked: the public ones
//! for a service without a web server, and the internal ones for the person on call.
//!
//! ```text
//! port  a small HTTP server on a thread of its own
//! ```

mod port;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::engine::{Servers, WeakEngine};
use crate::health::Health;
use crate::http::into_response::respond;
#[cfg(all(feature = "page", feature = "token"))]
use crate::http::operator::login;
use crate::http::{Answer, FORMAT, ProbeRequest, Probes};
use crate::report::Audience;

const NO_PROBE: &str = "no probe has this path";
const ENDED: &str = "the service has ended";

impl Health {
    /// Serves the public probes at the given address, for a service that has no web server, such as a worker. Returns
    /// the address that was bound.
    ///
    /// The paths and answers are the same as those of `router` and [`probes`](Self::probes), and are described in [the
    /// HTTP contract](crate::_documentation::http). Any other path is answered with 404. The server only supports
    /// HTTP/1, without TLS.
    ///
    /// The server runs on its own thread, so it answers even while every worker of the application's runtime is
    /// blocked. Calling this method also starts watching that runtime. If it runs no task for
    /// [`stalled_after`](crate::HealthBuilder::stalled_after) (10 s by default), liveness and readiness fail with the
    /// reason `stalled`.
    ///
    /// The server answers during the drain, and until the last [`Health`] is dropped. It does not hold a `Health`
    /// itself, so keep one until the end of `main`.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for. [`serve_internal`](Self::serve_internal) describes the
    /// limits on connections, and what happens with port 0 and with a name that has several addresses. They are the
    /// same here.
    ///
    /// If the service has a web server of its own, serve the public probes with that server instead. A probe then also
    /// shows whether that server works.
    ///
    /// # Errors
    ///
    /// The same as those of [`serve_internal`](Self::serve_internal). For example, the port may already be in use.
    ///
    /// # Example: a worker
    ///
    /// This worker takes jobs from a queue. On SIGTERM, readiness fails, and the worker takes no further jobs. If a job
    /// takes longer than a minute, liveness fails, and the orchestrator restarts the worker.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use health_runtime::{Flag, HealthState, Heartbeat};
    ///
    /// #[derive(Clone, HealthState)]
    /// struct Worker {
    ///     #[health_check(critical)]
    ///     broker: Flag, // for example a connection of lapin
    ///     #[health_check(liveness)]
    ///     jobs: Heartbeat,
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let jobs = Heartbeat::new(Duration::from_secs(60));
    ///     let worker = Worker { broker: Flag::healthy(), jobs };
    ///     let health = worker.start_health();
    ///     health.serve("0.0.0.0:8080")?; // /livez /readyz /startupz /health
    ///
    ///     let (draining, stop) = (health.drain_started(), health.shutdown_signal());
    ///     let work = tokio::spawn(async move {
    ///         tokio::pin!(draining);
    ///         loop {
    ///             worker.jobs.beat();
    ///             tokio::select! {
    ///                 () = &mut draining => break,
    ///                 job = next_job() => do_it(job).await,
    ///             }
    ///         }
    ///     });
    ///     stop.await; // resolves when the drain is over
    ///     work.await.expect("a job does not panic");
    ///     Ok(())
    /// }
    /// # async fn next_job() {}
    /// # async fn do_it(_: ()) {}
    /// ```
    pub fn serve(&self, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
        self.serve_at(address, Audience::Public)
    }

    /// Serves the probes for the person on call at the given address, and returns the address that was bound. The
    /// server runs on its own thread with its own runtime.
    ///
    /// If the port is 0, the operating system picks a free port. If a name such as `localhost` has several addresses,
    /// the probes are served at all of them, and the first one is returned.
    ///
    /// The server shows the same details as [`internal_router`](Self::internal_router) at the same paths, and the
    /// [metrics](crate::_documentation::metrics) at `/metrics`. It serves nothing else. You can call this method
    /// several times to serve the probes at different addresses, in which case each call starts its own thread.
    ///
    /// Because the server has its own runtime, it still answers while every worker of the application's runtime is
    /// blocked. Calling this method also starts watching the application's runtime. If that runtime runs no task for
    /// [`stalled_after`](crate::HealthBuilder::stalled_after) (10 s by default), liveness and readiness fail with the
    /// reason `stalled`. A runtime that is not driven for that long is treated as stalled too, for example a
    /// current-thread runtime outside of `block_on`.
    ///
    /// The server keeps answering while the service drains, and for as long as any [`Health`] exists. It does not hold
    /// a `Health` itself, so it does not keep the engine alive. When the engine shuts down, the port and its
    /// connections are closed.
    ///
    /// If the service uses [`listener`](Self::listener), readiness fails with the reason `starting` until that listener
    /// accepts connections. If the service answers the public probes with a server of its own, for example with
    /// [`router`](Self::router), but does not use `listener`, readiness fails with the same reason until that server is
    /// known to be running. This is the case once the server has answered a public probe or a request that passed
    /// through [`drain_layer`](Self::drain_layer), or once it waits for [`shutdown_signal`](Self::shutdown_signal) or
    /// [`drain_finished`](Self::drain_finished). In a worker that has no server of its own, readiness does not wait for
    /// one. The page on [the states](crate::_documentation::states#starting) has all cases.
    ///
    /// Error texts are visible on this port, so bind it to an address that cannot be reached by the public.
    ///
    /// The server only supports HTTP/1, without TLS. At most 256 connections can be open at the same time. When another
    /// client connects, the oldest connection is closed. A connection is also closed if it does not send a complete
    /// request head within 30 s. The head of a request can have up to 16 KiB.
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for. It never goes back to starting, so a startup task that is
    /// added later has no effect. If the address contains a host name, this method blocks while the name is being
    /// resolved.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error if the address cannot be resolved or bound, for example because the port is
    /// already in use, or if the thread cannot be started. If the address cannot be bound, the text of the error
    /// contains the address.
    ///
    /// If a name has several addresses, those that cannot be bound are skipped as long as at least one of them can, for
    /// example when the machine does not have one of the addresses. However, an address that is already in use is
    /// always an error. In a test that controls the clock, this method always returns an error.
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
        self.serve_at(address, Audience::Internal)
    }

    fn serve_at(&self, address: impl ToSocketAddrs, audience: Audience) -> io::Result<SocketAddr> {
        if !self.engine.has_threads() {
            return Err(io::Error::other("cannot serve a port while a test controls the clock"));
        }
        let (kind, thread) = match audience {
            Audience::Public => ("probes", "health probes"),
            Audience::Internal => ("internal probes", "health internal"),
        };
        let addresses: Vec<_> = address.to_socket_addrs()?.collect();
        let listeners = port::bind(&addresses).map_err(|error| {
            let text = format!("cannot serve the {kind} at {addresses:?}: {error}");
            io::Error::new(error.kind(), text)
        })?;
        let address = listeners[0].local_addr()?;
        let engine = WeakEngine::new(self.engine.engine());
        let answer = move |request: Request<Incoming>| received(engine.clone(), audience, request);
        port::serve(thread, listeners, answer, self.engine.ended())?;
        self.engine.with(|core, _| core.servers(Servers::offer_port));
        self.engine.arm();
        if audience == Audience::Internal {
            self.engine.keep_history();
        }
        self.engine.watch_runtime();
        Ok(address)
    }
}

/// Reads the body of the request if it is the form for the token, and answers. Any other body is kept until then, so
/// that hyper treats its connection as it does behind axum.
async fn received(engine: WeakEngine, audience: Audience, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    #[cfg(all(feature = "page", feature = "token"))]
    let internal = engine.look(|engine| Probes::moment(engine, audience).internal_path(head.uri.path()));
    #[cfg(all(feature = "page", feature = "token"))]
    if let Some(internal) = internal.flatten() {
        let form = login::form(internal, &head.method, body).await;
        return respond_to(engine, audience, Request::from_parts(head, form)).await;
    }
    let response = respond_to(engine, audience, Request::from_parts(head, Bytes::new())).await;
    drop(body);
    response
}

/// Answers a request, without keeping the engine alive.
async fn respond_to(engine: WeakEngine, audience: Audience, request: Request<Bytes>) -> Response<Full<Bytes>> {
    let asked = ProbeRequest {
        #[cfg(all(feature = "page", feature = "token"))]
        form: request.body(),
        ..ProbeRequest::from(&request)
    };
    let answer = answer(&engine, audience, &asked).await;
    let answer = answer.unwrap_or_else(|| Answer::error(503, true, FORMAT.refusal(ENDED)).to(asked.method));
    respond(answer, request.version())
}

/// Returns the answer, or `None` if the engine has shut down. This function looks at the engine before and after the
/// wait, and does not hold it in between.
async fn answer(engine: &WeakEngine, audience: Audience, request: &ProbeRequest<'_>) -> Option<Answer> {
    let asked = engine.look(|engine| {
        let probes = Probes::moment(engine, audience);
        let target = probes.target(request.path);
        if let Some(target) = target
            && let Some(answer) = probes.at_once(target, request.method, request.takes_any_format())
        {
            return Err(answer);
        }
        if let Some(internal) = probes.internal_path(request.path) {
            return Err(probes.answer_internal(internal, request));
        }
        engine.note_probe();
        let target = target.ok_or_else(|| {
            #[cfg(feature = "token")]
            if let Some(refusal) = probes.unauthorized(request) {
                return refusal.to(request.method);
            }
            probes.refusal(404, NO_PROBE).to(request.method)
        })?;
        let question = probes.question(&target, request);
        question.map_err(|refusal| probes.counted(target.route, refusal).to(request.method))
    })?;
    let question = match asked {
        Ok(question) => question,
        Err(answer) => return Some(answer),
    };
    let view = engine.probe(question.probe, question.selection.as_ref()).await?;
    engine.look(|engine| {
        let probes = Probes::moment(engine, audience);
        let answer = probes.judged(&question, &view);
        probes.counted(question.route, answer).to(request.method)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Core;

    #[tokio::test]
    async fn a_request_after_the_engine_has_ended_gets_503() {
        let health = Health::builder(()).start();
        let weak = WeakEngine::new(health.engine.engine());
        let ask = || {
            respond_to(
                weak.clone(),
                Audience::Internal,
                Request::get("/livez").body(Bytes::new()).expect("a request"),
            )
        };
        health.engine.with(Core::arm);
        assert_eq!(ask().await.status(), 200);
        drop(health);
        let response = until_ended(ask).await;
        assert_eq!(response.headers()["connection"], "close");
    }

    /// The first answer after the last tick of the pacemaker.
    async fn until_ended<F>(ask: impl Fn() -> F) -> Response<Full<Bytes>>
    where
        F: Future<Output = Response<Full<Bytes>>>,
    {
        loop {
            let response = ask().await;
            if response.status() == 503 {
                return response;
            }
            tokio::task::yield_now().await;
        }
    }
}
