//! The public probes as an OpenAPI document, made of the routes that the service declares.

use std::collections::BTreeMap;

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, ParameterStyle, PathItem,
    PathsBuilder,
};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Content, Info, OpenApi, OpenApiBuilder, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};

use crate::engine::WHOLE;
use crate::format::Format;
use crate::format::schema::{components, essence};
use crate::health::Health;
use crate::http::query::MAX_NAMES;
use crate::http::{FORMAT, PLAIN, PLAIN_TYPE};
use crate::spec::{Body, Probe, Public, Route};

const TAG: &str = "health";

/// The parameter of a path below a probe.
const NAME: &str = "check";

const METHODS: &str = "HEAD and OPTIONS get the same status code without a body. Any other method gets 405.";

impl Health {
    /// Returns an OpenAPI 3.1 document that describes the public probes. Merge it into the document of your service
    /// with [`OpenApi::merge`].
    ///
    /// The document has the paths that the service declares. For each one, it has the parameters of the query, the
    /// status codes, and a schema of the body in each format. The operations have the tag `health`, and the names of
    /// the schemas begin with `health.`. With [`Public::StatusOnly`], the document has neither the name nor the version
    /// of the service. Only `GET` is described, because HEAD and OPTIONS get the same status codes without a body.
    ///
    /// The document does not change while the service runs, and making it starts no check. It does not describe the
    /// internal port.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use axum::routing::get;
    /// use health_runtime::{Flag, HealthState};
    /// use utoipa::OpenApi;
    ///
    /// #[derive(Clone, HealthState)]
    /// struct AppState {
    ///     #[health_check(critical)]
    ///     db: Flag,
    /// }
    ///
    /// #[derive(OpenApi)]
    /// #[openapi(paths(count_orders))]
    /// struct Document;
    ///
    /// #[utoipa::path(get, path = "/orders/count", responses((status = 200, body = String)))]
    /// async fn count_orders() -> String {
    ///     "7".to_owned()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let health = AppState { db: Flag::healthy() }.start_health();
    ///     let document = Document::openapi().merge_from(health.openapi()).to_json()?;
    ///     let app = Router::new()
    ///         .route("/orders/count", get(count_orders))
    ///         .route("/openapi.json", get(async || ([("content-type", "application/json")], document)));
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    ///     health.serve_axum(listener, app).await
    /// }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "utoipa-6")))]
    pub fn openapi(&self) -> OpenApi {
        let service = &self.engine.service;
        let public = service.public;
        let mut paths = PathsBuilder::new();
        let mut seen = [0; Probe::ALL.len()];
        for route in &service.routes {
            let nth = &mut seen[route.probe as usize];
            *nth += 1;
            let whole = whole(route, *nth, public);
            paths = paths.path(&*route.path, PathItem::new(HttpMethod::Get, whole));
            if self.engine.names.offers(route.probe, WHOLE) {
                let path = format!("{}/{{{NAME}}}", route.path);
                paths = paths.path(path, PathItem::new(HttpMethod::Get, below(route, *nth, public)));
            }
        }
        let info = match public {
            Public::StatusOnly => Info::new("Health", "unknown"),
            Public::CheckStates | Public::Details => Info::new(&*service.name, &*service.version),
        };
        let tag = TagBuilder::new()
            .name(TAG)
            .description(Some("The probes of orchestrators and load balancers."));
        OpenApiBuilder::new()
            .info(info)
            .paths(paths)
            .components(Some(components(public)))
            .tags(Some([tag.build()]))
            .build()
    }
}

/// A whole probe. `nth` is the number of the route among those of its probe.
fn whole(route: &Route, nth: usize, public: Public) -> Operation {
    let (summary, description) = question(route.probe);
    let refused = "The query names an unknown group or format, names too many checks, or leaves no check.";
    operation(route, public, refused)
        .summary(Some(summary))
        .description(Some(format!("{description} {METHODS}")))
        .operation_id(Some(id(route.probe, "probe", nth)))
        .build()
}

/// A check or a nested struct of a probe, at the path below it.
fn below(route: &Route, nth: usize, public: Public) -> Operation {
    let probe = route.probe;
    let name = ParameterBuilder::new()
        .name(NAME)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(
            "The name of a check, or of a nested struct for all of its checks.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    let refused = "The probe has no check with this name, or the query is refused.";
    operation(route, public, refused)
        .summary(Some(format!("Does this check of the {probe} probe pass?")))
        .description(Some(METHODS))
        .operation_id(Some(id(probe, "check", nth)))
        .parameter(name)
        .build()
}

/// What a probe and a check below it have in common. `refused` says why the answer may be 404. There is no 405, because
/// GET never gets it.
fn operation(route: &Route, public: Public, refused: &str) -> OperationBuilder {
    let refusal = Content::new(Some(Format::refusal_schema()));
    let refusal = ResponseBuilder::new()
        .description(refused)
        .content(FORMAT.media_type(), refusal);
    let operation = OperationBuilder::new()
        .tag(TAG)
        .response("200", answer(route, true, public))
        .response("503", answer(route, false, public))
        .response("404", refusal);
    parameters(route)
        .into_iter()
        .fold(operation, OperationBuilder::parameter)
}

/// What the probe is for, in a question and in a sentence.
const fn question(probe: Probe) -> (&'static str, &'static str) {
    match probe {
        Probe::Liveness => ("Is the process alive?", "If this probe fails, restart the process."),
        Probe::Readiness => (
            "Can the service take traffic?",
            "While this probe fails, send requests to another instance.",
        ),
        Probe::Startup => (
            "Has the service finished starting?",
            "Until this probe passes, do not ask the other probes.",
        ),
        Probe::Health => (
            "Which checks fail?",
            "This is for people and dashboards. It has every check of the service.",
        ),
    }
}

/// A name that is unique in the document: `readiness_probe`, and `readiness_probe_2` at a further path.
fn id(probe: Probe, what: &str, nth: usize) -> String {
    match nth {
        1 => format!("{probe}_{what}"),
        _ => format!("{probe}_{what}_{nth}"),
    }
}

fn answer(route: &Route, passes: bool, public: Public) -> Response {
    let description = if passes {
        "The probe passes: its status is healthy or degraded."
    } else {
        "The probe fails: its status is unhealthy."
    };
    let answer = ResponseBuilder::new().description(description);
    let bodies = match route.body {
        Body::Usual => bodies(public),
        Body::Plain => vec![(essence(PLAIN_TYPE), Content::new(Some(plain(passes))))],
        Body::Own(_, content_type) => vec![(essence(content_type), Content::default())],
    };
    let answer = bodies.into_iter().fold(answer, |answer, (media_type, content)| {
        answer.content(media_type, content)
    });
    answer.build()
}

/// The body in each format. Several formats may have the same media type.
fn bodies(public: Public) -> Vec<(&'static str, Content)> {
    let mut schemas = BTreeMap::<_, Vec<RefOr<Schema>>>::new();
    for format in Format::ALL {
        schemas
            .entry(format.media_type())
            .or_default()
            .push(format.schema(public));
    }
    let content = |mut schemas: Vec<RefOr<Schema>>| match schemas.len() {
        1 => Content::new(schemas.pop()),
        _ => Content::new(Some(schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item))),
    };
    schemas
        .into_iter()
        .map(|(media_type, schemas)| (media_type, content(schemas)))
        .collect()
}

fn plain(passes: bool) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String);
    if passes {
        text.enum_values(Some([PLAIN]))
    } else {
        text.description(Some("The reason or the status."))
    }
}

/// The parameters of the query.
fn parameters(route: &Route) -> Vec<Parameter> {
    let mut parameters = vec![names(
        "exclude",
        "Leaves out these checks, or all checks of these nested structs.",
    )];
    if matches!(route.probe, Probe::Readiness | Probe::Health) {
        parameters.push(names("group", "Asks only about the checks in any of these groups."));
    }
    if route.body == Body::Usual {
        let formats = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Format::all_names()));
        let format = query("format").schema(Some(formats));
        let is_set = ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .enum_values(Some([true]));
        let verbose = query("verbose").schema(Some(is_set));
        parameters.extend([
            format
                .description(Some(
                    "The format of the body. Without it, the header `Accept` chooses the format.",
                ))
                .build(),
            verbose
                .description(Some(
                    "The body is text with a line for each check, unless `format` names another format.",
                ))
                .build(),
        ]);
    }
    parameters
}

/// A parameter that may be repeated.
fn names(name: &str, description: &str) -> Parameter {
    let names = ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::String))
        .max_items(Some(MAX_NAMES));
    query(name)
        .description(Some(description))
        .schema(Some(names))
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
        .build()
}

fn query(name: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
}
