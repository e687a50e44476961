//! Which probes there are.

use super::super::Context;
use super::super::probe::Role;
use crate::kubernetes::length::Length;
use crate::kubernetes::verify::finding::Finding;
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::yaml::Yaml;
use crate::spec::Probe;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    [no_readiness(context), no_liveness(context), no_startup(context)]
        .into_iter()
        .flatten()
        .collect()
}

fn no_readiness(context: &Context<'_>) -> Option<Finding> {
    let is_missing = context.workload.serves && context.probe(Role::Readiness).is_none();
    is_missing.then(|| {
        let path = context.declaration().path(Probe::Readiness);
        let message = format!(
            "there is no `readinessProbe`, so traffic comes before the service has started and while a critical check fails; add one with `path: {path}`"
        );
        context.place.finding(Rule::NoReadiness, line(context), message)
    })
}

fn no_liveness(context: &Context<'_>) -> Option<Finding> {
    let declaration = context.declaration();
    let mut checks = declaration.plans.iter().filter(|plan| plan.spec.is_in(Probe::Liveness));
    let is_missing = context.probe(Role::Liveness).is_none();
    let first = checks.next().filter(|_| is_missing)?;
    let path = declaration.path(Probe::Liveness);
    let message = format!(
        "there is no `livenessProbe`, so nothing restarts the container if `{}` fails, which is a liveness check; add one with `path: {path}`",
        first.spec.name()
    );
    Some(context.place.finding(Rule::NoLiveness, line(context), message))
}

/// Without a startup probe, liveness counts from the start of the container.
fn no_startup(context: &Context<'_>) -> Option<Finding> {
    let liveness = context.probe(Role::Liveness)?;
    if context.probe(Role::Startup).is_some() {
        return None;
    }
    let declaration = context.declaration();
    let mut checks = declaration.plans.iter().filter(|plan| plan.spec.is_in(Probe::Startup));
    let why = match checks.next() {
        Some(plan) => format!("the start waits for the check `{}`", plan.spec.name()),
        None if declaration.has_startup_tasks => "the start waits for startup tasks".into(),
        None if declaration.service.manual_start => "the start waits for `mark_started`".into(),
        None => {
            let within = context.check.start_within?;
            format!("the start may take {} (`start_within`)", Length(within))
        }
    };
    let path = declaration.path(Probe::Startup);
    let message = format!(
        "has no `startupProbe` before it, but {why}, so liveness may restart a container that is still starting; add a `startupProbe` with `path: {path}`"
    );
    Some(liveness.finding(&context.place, Rule::NoStartup, None, &message))
}

fn line(context: &Context<'_>) -> usize {
    let name = context.container.get("name");
    name.map_or(context.container.line(), Yaml::line)
}
