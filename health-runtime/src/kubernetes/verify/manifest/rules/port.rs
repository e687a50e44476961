//! Where a probe asks.

use super::super::Context;
use super::super::ports::{Ports, text};
use super::super::probe::{Handler, Probed};
use crate::kubernetes::port::Port;
use crate::kubernetes::verify::finding::Finding;
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::text::{list, near};
use crate::kubernetes::verify::yaml::Yaml;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let ports = Ports::of(context.container);
    context
        .probes
        .iter()
        .filter_map(|probe| of_probe(context, &ports, probe))
        .collect()
}

fn of_probe(context: &Context<'_>, ports: &Ports<'_>, probe: &Probed<'_>) -> Option<Finding> {
    let (handler, port, is_http) = match &probe.handler {
        Handler::Http { http, port, .. } => (*http, port, true),
        Handler::Grpc { grpc, port, .. } => (*grpc, port, false),
        Handler::Exec { .. } | Handler::Tcp { .. } | Handler::Invalid => return None,
    };
    let line = handler.get("port").map(Yaml::line);
    let report = |rule, message: String| Some(probe.finding(&context.place, rule, line, &message));
    let shown = text(port);
    if !is_http && port.name().is_some() {
        let message = format!("has the port `{shown}`, but Kubernetes takes a number for `grpc`; write the number");
        return report(Rule::InvalidField, message);
    }
    let known = [&context.check.public_port, &context.check.internal_port];
    let known: Vec<_> = known.into_iter().flatten().collect();
    let is_known = known.iter().any(|known| ports.are_same(known, port));
    let is_declared = ports.declare(port);
    // Kubernetes also asks a number that is not declared. A number that an option names is right.
    let may_be_missing = port.number().is_some() && (!ports.are_declared() || is_known);
    if !is_declared && !may_be_missing {
        return report(Rule::UnknownPort, unknown(ports, &shown));
    }
    // gRPC has a port of its own, which no option names.
    if is_http && !known.is_empty() && !is_known {
        return report(Rule::WrongPort, wrong(context, &shown));
    }
    is_http.then(|| token(context, ports, probe, handler, port)).flatten()
}

fn unknown(ports: &Ports<'_>, port: &str) -> String {
    let texts = ports.texts();
    let way_out = match (near(port, texts.iter().map(String::as_str)), texts.as_slice()) {
        (_, []) => "add it to `ports`".into(),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, [one]) => format!("write `port: {one}`"),
        (None, _) => format!("its ports are {}", list(&texts, "and")),
    };
    format!("asks at the port `{port}`, which the container does not declare; {way_out}")
}

fn wrong(context: &Context<'_>, port: &str) -> String {
    let known = |port: &Option<Port>| port.as_ref().map(text);
    match (known(&context.check.public_port), known(&context.check.internal_port)) {
        (Some(public), Some(internal)) => {
            format!(
                "asks at the port `{port}`, but the probes are at `{public}` (public) and `{internal}` (internal); write one of them"
            )
        }
        (None, Some(internal)) => {
            format!("asks at the port `{port}`, but the probes are at the internal port; write `port: {internal}`")
        }
        (Some(public), None) => {
            format!("asks at the port `{port}`, but the probes are at the public port; write `port: {public}`")
        }
        (None, None) => String::new(),
    }
}

/// With a token, the internal port answers 401 to a probe without one.
#[cfg(feature = "token")]
fn token(context: &Context<'_>, ports: &Ports<'_>, probe: &Probed<'_>, http: Yaml<'_>, port: &Port) -> Option<Finding> {
    let is_internal = context
        .check
        .internal_port
        .as_ref()
        .is_some_and(|internal| ports.are_same(internal, port));
    let needs_token = is_internal && context.declaration().service.internal_token.is_some();
    let mut headers = http.get("httpHeaders").into_iter().flat_map(Yaml::items);
    let is_authorization = |header: Yaml<'_>| {
        let name = header.get("name").and_then(Yaml::text);
        name.is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
    };
    (needs_token && !headers.any(is_authorization)).then(|| {
        let message = "asks at the internal port, which answers 401 without its token; ask at the public port, so that no token stands in the manifest";
        probe.finding(&context.place, Rule::InternalToken, http.line(), message)
    })
}

#[cfg(not(feature = "token"))]
fn token(_: &Context<'_>, _: &Ports<'_>, _: &Probed<'_>, _: Yaml<'_>, _: &Port) -> Option<Finding> {
    None
}
