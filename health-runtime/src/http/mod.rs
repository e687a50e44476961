//! Answers probes for any HTTP framework. The input is the method, path and query of a request. The output is the
//! status code, headers and body of the response.

#[cfg(feature = "actix-web-4")]
mod actix;
mod answer;
#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "serve")]
mod internal;
#[cfg(feature = "http-1")]
mod into_response;
#[cfg(feature = "serve")]
mod metrics;
#[cfg(feature = "utoipa-6")]
mod openapi;
#[cfg(feature = "token")]
mod operator;
#[cfg(feature = "page")]
mod page;
mod paths;
mod query;
mod question;
mod request;
#[cfg(feature = "serve")]
mod server;
#[cfg(any(feature = "actix-web-4", feature = "axum"))]
mod turn;

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

#[cfg(feature = "actix-web-4")]
pub use self::actix::drain::{ActixDrain, ActixDrainService};
pub use self::answer::Answer;
#[cfg(feature = "axum")]
pub use self::axum::drain::{DrainFuture, DrainLayer, DrainService};
#[cfg(feature = "axum")]
pub use self::axum::listener::{DrainListener, DrainStream, ListenSocket, ServeListener};
pub use self::request::ProbeRequest;
#[cfg(feature = "kubernetes")]
pub(crate) use self::{paths::target, query::parse as parse_query};

use crate::engine::{Engine, EngineHandle, Selection, State, View, report};
use crate::format::{Format, Scope};
use crate::health::Health;
use crate::http::paths::Target;
use crate::http::question::Question;
use crate::panics;
use crate::report::Audience;
use crate::spec::{Body, Probe, Route};

const FORMAT: Format = Format::DEFAULT;
const ALLOW: &str = "GET, HEAD, OPTIONS";
/// At most this many checks of an answer have a history: each one takes up to 10 KiB.
const MOST_HISTORIES: usize = 100;
/// What a plain body says if the probe passes.
const PLAIN: &str = "OK";
const PLAIN_TYPE: &str = "text/plain; charset=utf-8";
const WRONG_METHOD: &str = "use GET, HEAD or OPTIONS";

impl Health {
    /// Returns the probes for use with any HTTP framework. If you use axum, see [`router`](Self::router) instead. The
    /// answers are described in [the HTTP contract](crate::_documentation::http).
    ///
    /// Call [`startup_task`](Self::startup_task) before this method. Once this method has been called, the service
    /// starts as soon as there is nothing left to wait for. It never goes back to starting, so a startup task that is
    /// added later has no effect. Calling this method is about as cheap as a clone, so you can call it for each
    /// request.
    pub fn probes(&self) -> Probes {
        self.engine.offer_public();
        self.probes_for(Audience::Public)
    }

    fn probes_for(&self, audience: Audience) -> Probes {
        self.engine.arm();
        if audience == Audience::Internal {
            self.engine.keep_history();
        }
        Probes {
            engine: Hold::Running(Arc::clone(&self.engine)),
            audience,
        }
    }
}

/// The probes of a service, for use with any HTTP framework. This type is returned by [`Health::probes`].
///
/// ```
/// # use health_runtime::{Flag, HealthState};
/// # #[derive(Clone, HealthState)]
/// # struct AppState { #[health_check] flag: Flag }
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # runtime.block_on(async {
/// # let state = AppState { flag: Flag::healthy() };
/// let probes = state.start_health().probes();
/// let answer = probes.answer("GET", "/readyz", None).await.expect("one of our paths");
/// assert_eq!(answer.status(), 200);
/// assert!(probes.answer("GET", "/orders", None).await.is_none());
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Probes {
    engine: Hold,
    audience: Audience,
}

/// How probes hold the engine.
#[derive(Clone, Debug)]
enum Hold {
    /// Keeps the engine running.
    Running(Arc<EngineHandle>),
    /// For one answer on a port of its own. Does not keep the engine running.
    #[cfg(feature = "serve")]
    Moment(Arc<Engine>),
}

impl Hold {
    /// Whether a server of the application asks.
    fn is_of_the_application(&self) -> bool {
        matches!(self, Self::Running(_))
    }
}

impl Deref for Hold {
    type Target = Arc<Engine>;

    fn deref(&self) -> &Arc<Engine> {
        match self {
            Self::Running(handle) => handle.engine(),
            #[cfg(feature = "serve")]
            Self::Moment(engine) => engine,
        }
    }
}

impl Probes {
    /// Creates the probes for one answer. They do not keep the engine running.
    #[cfg(feature = "serve")]
    fn moment(engine: &Arc<Engine>, audience: Audience) -> Self {
        let engine = Hold::Moment(Arc::clone(engine));
        Self { engine, audience }
    }

    /// Answers a request without headers, or returns `None` if the path is neither the path of a probe nor a path below
    /// one. The format of the body is JSON, unless the query names another one.
    ///
    /// `query` is the part of the URL after the `?`. This method does the same as [`respond`](Self::respond).
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future does not cancel any checks.
    pub async fn answer(&self, method: &str, path: &str, query: Option<&str>) -> Option<Answer> {
        self.respond(ProbeRequest::new(method, path).query(query)).await
    }

    /// Answers a request, or returns `None` if the path is neither the path of a probe nor a path below one.
    ///
    /// In most cases, the answer is available immediately. When it is not, this method waits no longer than the [probe
    /// budget](crate::HealthBuilder::probe_budget).
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future does not cancel any checks.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState, ProbeRequest};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # runtime.block_on(async {
    /// # let probes = AppState { flag: Flag::healthy() }.start_health().probes();
    /// let request = ProbeRequest::new("GET", "/readyz").accept("application/json");
    /// let answer = probes.respond(request).await.expect("one of our paths");
    /// # });
    /// ```
    pub async fn respond(&self, request: ProbeRequest<'_>) -> Option<Answer> {
        let target = self.target(request.path)?;
        if let Some(answer) = self.at_once(target, request.method, request.takes_any_format()) {
            return Some(answer);
        }
        // Boxed, so that the future of the usual answer stays small. It is moved a few times on its way to the
        // executor.
        Some(Box::pin(self.answer_target(target, &request)).await)
    }

    async fn answer_target(&self, target: Target<'_>, request: &ProbeRequest<'_>) -> Answer {
        self.note_probe();
        let answer = match self.question(&target, request) {
            Ok(question) => {
                let selection = question.selection.as_ref();
                self.judged(&question, &*self.engine.probe(question.probe, selection).await)
            }
            Err(answer) => answer,
        };
        self.counted(target.route, answer).to(request.method)
    }

    fn whole_scope(&self) -> Scope {
        Scope::whole(self.audience, self.engine.service.public)
    }

    /// Notes that a probe came. A request to the public probes also proves that a server of the application runs,
    /// unless it came to a port of its own.
    fn note_probe(&self) {
        self.engine.note_probe();
        if self.audience == Audience::Public && self.engine.is_of_the_application() {
            self.engine.note_server();
        }
    }

    /// The answer, after it has been counted for the probe of this route.
    fn counted(&self, route: usize, answer: Answer) -> Answer {
        self.engine.requests.count(self.route(route).probe, answer.status);
        answer
    }

    /// The answer to a request that is not allowed, or that finds nothing.
    fn refusal(&self, status: u16, why: &'static str) -> Answer {
        Answer::error(status, self.engine.is_draining(), FORMAT.refusal(why))
    }

    /// The answer to a request for a whole probe, if there is nothing to wait for. Nearly every request is of this
    /// kind.
    #[expect(
        clippy::inline_always,
        reason = "60 instructions and 3 % of a request less (`benches/probe.rs`)"
    )]
    #[inline(always)]
    fn at_once(&self, target: Target<'_>, method: &str, takes_any_format: bool) -> Option<Answer> {
        if target.below.is_some() || !takes_any_format || !is_allowed(method) {
            return None;
        }
        #[cfg(feature = "token")]
        if self.is_guarded() {
            return None;
        }
        self.note_probe();
        let route = self.route(target.route);
        let view = self.engine.fresh_view(route.probe)?;
        let answer = self.whole(route, Format::DEFAULT, &view);
        self.engine.requests.count(route.probe, answer.status);
        Some(answer.to(method))
    }

    fn judged(&self, question: &Question, view: &View) -> Answer {
        let route = self.route(question.route);
        let answer = self.judged_body(question, route, view);
        #[cfg(feature = "page")]
        let answer = match route.body {
            Body::Usual => page::complete(answer, question.format),
            Body::Plain | Body::Own(..) => answer,
        };
        answer
    }

    fn judged_body(&self, question: &Question, route: &Route, view: &View) -> Answer {
        if question.selection.is_none() && question.scope.is_none() {
            return self.whole(route, question.format, view);
        }
        let scope = question.scope.as_deref().cloned().unwrap_or_else(|| self.whole_scope());
        let selection = question.selection.as_ref();
        let (state, body) = self.rendered(view, route, question.format, selection, &scope);
        Answer::probe(state.status, view.standing.phase, body).with_type(route.body, question.format)
    }

    fn whole(&self, route: &Route, format: Format, view: &View) -> Answer {
        let state = view.verdict(route.probe);
        let render = || self.rendered(view, route, format, None, &self.whole_scope()).1;
        let own = self.engine.bodies.len();
        let others = own + Probe::ALL.len() * Format::ALL.len();
        let other = |index| view.other_body(index, others, self.audience, render).clone();
        let body = match route.body {
            Body::Usual if format == Format::DEFAULT => view.body(route.probe, self.audience, render).clone(),
            Body::Usual => other(own + route.probe as usize * Format::ALL.len() + format.index()),
            Body::Plain => plain(state),
            Body::Own(index, _) => other(index),
        };
        Answer::probe(state.status, view.standing.phase, body).with_type(route.body, format)
    }

    fn rendered(
        &self,
        view: &View,
        route: &Route,
        format: Format,
        selection: Option<&Selection>,
        scope: &Scope,
    ) -> (State, Bytes) {
        let most = match route.body {
            Body::Own(..) => usize::MAX,
            Body::Usual | Body::Plain => Format::most_checks(self.audience),
        };
        let mut report = report(&self.engine, view, route.probe, selection, most);
        if scope.history || (format.has_history() && self.audience == Audience::Internal) {
            self.engine.add_history(&mut report, MOST_HISTORIES);
        }
        let state = State {
            status: report.status,
            reason: report.reason,
        };
        let body = match route.body {
            Body::Usual => format.render(&report, scope),
            Body::Plain => plain(state),
            Body::Own(index, _) => {
                let report = match self.audience {
                    Audience::Public => report.into_public(scope.public),
                    Audience::Internal => report,
                };
                panics::run(|| (self.engine.bodies[index])(&report))
                    .unwrap_or_default()
                    .into()
            }
        };
        (state, body)
    }

    fn target<'a>(&self, path: &'a str) -> Option<Target<'a>> {
        paths::target(&self.engine.service.routes, path)
    }

    fn route(&self, index: usize) -> &Route {
        &self.engine.service.routes[index]
    }
}

/// The body for load balancers that compare it.
fn plain(state: State) -> Bytes {
    let text = match state.reason {
        _ if state.status.passes() => PLAIN,
        Some(reason) => reason.as_str(),
        None => state.status.as_str(),
    };
    Bytes::from_static(text.as_bytes())
}

fn is_allowed(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}
