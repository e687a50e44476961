//! What each probe asks: its path, or its service of gRPC.

use super::super::Context;
use super::super::probe::{Handler, Probed, Role};
use crate::engine::Named;
use crate::kubernetes::verify::command::{self, Command};
use crate::kubernetes::verify::finding::{Finding, shown};
use crate::kubernetes::verify::question::Problem;
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::text::{list, near};
use crate::kubernetes::verify::yaml::Yaml;
use crate::spec::Probe;

/// The services that the health service of gRPC always knows. An empty name is readiness.
const SERVICES: [(&str, Probe); 4] = [
    ("", Probe::Readiness),
    ("readiness", Probe::Readiness),
    ("liveness", Probe::Liveness),
    ("startup", Probe::Startup),
];

/// Where a manifest says what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Path,
    Service,
    /// In the command of `exec`.
    Url,
}

/// What a probe asks of the service.
struct Asked {
    /// As it is written: a path, or the name of a service.
    text: String,
    key: Key,
    /// `None`: the service does not know it.
    probe: Option<Probe>,
    line: usize,
    problems: Vec<Problem>,
}

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let asked = context
        .probes
        .iter()
        .filter_map(|probe| Some((probe, asked(context, probe)?)));
    let asked: Vec<_> = asked.collect();
    let of = |role| asked.iter().find(|(probe, _)| probe.role == role);
    let same = match (of(Role::Liveness), of(Role::Readiness)) {
        (Some((probe, liveness)), Some((_, readiness))) => same_probe(context, probe, liveness, readiness),
        _ => None,
    };
    let mut findings = Vec::new();
    for (probe, asked) in &asked {
        let problems = asked.problems.iter();
        findings.extend(problems.map(|(rule, message)| probe.finding(&context.place, *rule, asked.line, message)));
        let is_reported = same.is_some() && probe.role != Role::Startup;
        findings.extend(wrong_probe(context, probe, asked).filter(|_| !is_reported));
    }
    findings.extend(same);
    findings
}

fn asked(context: &Context<'_>, probe: &Probed<'_>) -> Option<Asked> {
    let declaration = context.declaration();
    let wanted = probe.role.probe();
    let of_path = |path: &str, line, key| {
        let (found, problems) = declaration.question(path, wanted);
        Asked {
            text: path.into(),
            key,
            probe: found,
            line,
            problems,
        }
    };
    match &probe.handler {
        Handler::Http { http, path, .. } => {
            let line = http.get("path").map_or(http.line(), Yaml::line);
            Some(of_path(path, line, Key::Path))
        }
        Handler::Grpc { grpc, service, .. } => {
            let line = grpc.get("service").map_or(grpc.line(), Yaml::line);
            let (found, problem) = grpc_service(context, service, wanted);
            let problems = problem.into_iter().collect();
            Some(Asked {
                text: (*service).into(),
                key: Key::Service,
                probe: found,
                line,
                problems,
            })
        }
        Handler::Exec { exec, command } => match command::read(command) {
            Command::Own { url: Some(url) } => {
                let path = command::path(url).ok()?;
                Some(of_path(path, exec.line(), Key::Url))
            }
            _ => None,
        },
        Handler::Tcp { .. } | Handler::Invalid => None,
    }
}

fn grpc_service(context: &Context<'_>, name: &str, wanted: Probe) -> (Option<Probe>, Option<Problem>) {
    if let Some((_, probe)) = SERVICES.iter().find(|(known, _)| *known == name) {
        return (Some(*probe), None);
    }
    if context.check.grpc_services.iter().any(|known| known == name) {
        return (Some(Probe::Readiness), None);
    }
    let names = &context.declaration().names;
    let is_check = names.named(name).is_some_and(|named| match named {
        Named::Check(_) => true,
        Named::Nest(checks) => !checks.is_empty(),
    });
    if is_check || !names.group(name).is_empty() {
        return (Some(Probe::Health), None);
    }
    let known: Vec<_> = SERVICES.iter().skip(1).map(|(known, _)| *known).collect();
    let way_out = match near(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "write `service: {wanted}`, or name it in `.grpc_service(\"{}\")` if `GrpcHealth::service` has it; always known are {}",
            shown(name),
            list(&known, "and")
        ),
    };
    let message = format!(
        "asks for the service `{}`, which the health service does not know; {way_out}",
        shown(name)
    );
    (None, Some((Rule::UnknownGrpcService, message)))
}

fn same_probe(context: &Context<'_>, probe: &Probed<'_>, liveness: &Asked, readiness: &Asked) -> Option<Finding> {
    let is_same = liveness.text == readiness.text && liveness.key == readiness.key;
    let found = liveness.probe.filter(|_| is_same)?;
    let live = way_out(context, liveness.key, Probe::Liveness);
    let ready = way_out(context, liveness.key, Probe::Readiness);
    let why = match found {
        Probe::Liveness => {
            format!("so no failing check and no drain takes the pod out of rotation; {ready} in `readinessProbe`")
        }
        Probe::Startup => {
            format!("which never fails after the start; {live} in `livenessProbe`, and {ready} in `readinessProbe`")
        }
        Probe::Readiness | Probe::Health => {
            format!("so an outage of a dependency restarts every pod; {live} in `livenessProbe`")
        }
    };
    let message = format!("and `readinessProbe` both ask {}, {why}", described(liveness, found));
    Some(probe.finding(&context.place, Rule::SameProbe, liveness.line, &message))
}

fn wrong_probe(context: &Context<'_>, probe: &Probed<'_>, asked: &Asked) -> Option<Finding> {
    let found = asked.probe?;
    let (rule, why) = match (probe.role, found) {
        (Role::Liveness, Probe::Readiness | Probe::Health) => (
            Rule::LivenessOnReadiness,
            "so an outage of a dependency restarts every pod, which does not fix it",
        ),
        (Role::Liveness, Probe::Startup) => (Rule::WrongProbe, "which never fails after the start"),
        (Role::Readiness, Probe::Liveness) => (
            Rule::WrongProbe,
            "so no failing check and no drain takes the pod out of rotation",
        ),
        (Role::Readiness, Probe::Startup) => (
            Rule::WrongProbe,
            "which never fails after the start, so nothing takes the pod out of rotation",
        ),
        (Role::Startup, Probe::Readiness | Probe::Health) => (
            Rule::WrongProbe,
            "so an outage of a dependency during a rollout restarts the pods that are starting",
        ),
        // It passes once the service listens. That is enough, unless the start waits for something.
        (Role::Startup, Probe::Liveness) if waits(context) => {
            (Rule::WrongProbe, "which passes before the service has started")
        }
        _ => return None,
    };
    let text = described(asked, found);
    let way_out = way_out(context, asked.key, probe.role.probe());
    let message = format!("asks {text}, {why}; {way_out}");
    Some(probe.finding(&context.place, rule, asked.line, &message))
}

fn waits(context: &Context<'_>) -> bool {
    let declaration = context.declaration();
    let has_checks = declaration.plans.iter().any(|plan| plan.spec.is_in(Probe::Startup));
    has_checks || declaration.has_startup_tasks || declaration.service.manual_start
}

/// ``the readiness path `/readyz` ``
fn described(asked: &Asked, probe: Probe) -> String {
    let text = shown(&asked.text);
    match asked.key {
        Key::Service if text.is_empty() => format!("the service without a name, which is {probe}"),
        Key::Service => format!("the service `{text}`, which is {probe}"),
        Key::Path | Key::Url => format!("the {probe} path `{text}`"),
    }
}

/// How to ask for the probe.
fn way_out(context: &Context<'_>, key: Key, probe: Probe) -> String {
    let path = context.declaration().path(probe);
    match key {
        Key::Service => format!("write `service: {probe}`"),
        Key::Path => format!("write `path: {path}`"),
        Key::Url => format!("ask `{path}`"),
    }
}
