//! How a probe asks.

use super::super::Context;
use super::super::probe::{Handler, Probed};
use crate::kubernetes::verify::command::{self, Command};
use crate::kubernetes::verify::finding::{Finding, shown};
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::yaml::Yaml;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .probes
        .iter()
        .flat_map(|probe| of_probe(context, probe))
        .collect()
}

fn of_probe(context: &Context<'_>, probe: &Probed<'_>) -> Vec<Finding> {
    match &probe.handler {
        Handler::Http { http, .. } => [scheme(context, probe, *http), host(context, probe, *http)]
            .into_iter()
            .flatten()
            .collect(),
        Handler::Exec { exec, command } => exec_probe(context, probe, *exec, command).into_iter().collect(),
        Handler::Tcp { tcp } => {
            let message = format!(
                "only connects, and the kernel accepts a connection even if the service hangs; write `httpGet` with `path: {}`",
                context.declaration().path(probe.role.probe())
            );
            vec![probe.finding(&context.place, Rule::TcpProbe, tcp.line(), &message)]
        }
        Handler::Grpc { .. } | Handler::Invalid => Vec::new(),
    }
}

/// The servers of this crate speak plain HTTP. An application may serve its router over TLS, so this can be allowed.
fn scheme(context: &Context<'_>, probe: &Probed<'_>, http: Yaml<'_>) -> Option<Finding> {
    let scheme = http.get("scheme")?;
    let text = scheme.text().unwrap_or_default();
    let message = match text {
        "HTTP" => return None,
        "HTTPS" => "asks over TLS, but the service answers plain HTTP; remove `scheme`, or allow this rule if the application serves TLS at this port".into(),
        other => format!("has the scheme `{}`, but Kubernetes knows `HTTP` and `HTTPS`; remove `scheme`", shown(other)),
    };
    Some(probe.finding(&context.place, Rule::ProbeScheme, scheme.line(), &message))
}

/// Without a host, the kubelet asks the address of the pod.
fn host(context: &Context<'_>, probe: &Probed<'_>, http: Yaml<'_>) -> Option<Finding> {
    if let Some(host) = http.get("host") {
        let text = shown(host.text().unwrap_or_default());
        let message = format!("asks the host `{text}` from the node, and not this pod; remove `host`");
        return Some(probe.finding(&context.place, Rule::ProbeHost, host.line(), &message));
    }
    None
}

fn exec_probe(context: &Context<'_>, probe: &Probed<'_>, exec: Yaml<'_>, given: &[&str]) -> Option<Finding> {
    let report = |rule, message: &str| Some(probe.finding(&context.place, rule, exec.line(), message));
    let way_out = format!(
        "write `httpGet` with `path: {}`",
        context.declaration().path(probe.role.probe())
    );
    match command::read(given) {
        Command::Own { url: None } => None,
        Command::Own { url: Some(url) } => match command::path(url) {
            Ok(_) => None,
            Err(problem) => report(problem.0, &problem.1),
        },
        Command::Client { name, .. } => report(
            Rule::ExecProbe,
            &format!(
                "starts `{}` for each probe, which the image must contain; {way_out}",
                shown(name)
            ),
        ),
        Command::Other => {
            let name = shown(given.first().copied().unwrap_or_default());
            report(
                Rule::ExecProbe,
                &format!("runs `{name}`, and the command names no path of this service; {way_out}"),
            )
        }
    }
}
