//! How often a probe asks, and how long it waits.

use std::time::Duration;

use super::super::Context;
use super::super::probe::{Handler, Probed, Role};
use crate::kubernetes::length::Length;
use crate::kubernetes::times;
use crate::kubernetes::verify::finding::Finding;
use crate::kubernetes::verify::rule::Rule;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for probe in &context.probes {
        findings.extend(success_threshold(context, probe));
        findings.extend(timeout(context, probe));
        match probe.role {
            Role::Startup => findings.extend(startup_budget(context, probe)),
            Role::Liveness => findings.extend(liveness_too_fast(context, probe)),
            Role::Readiness => {}
        }
    }
    findings
}

fn success_threshold(context: &Context<'_>, probe: &Probed<'_>) -> Option<Finding> {
    let successes = probe.successes.filter(|successes| successes.value != 1)?;
    (probe.role != Role::Readiness).then(|| {
        let message = format!("has {successes}, but Kubernetes only takes 1 here; remove it");
        probe.finding(&context.place, Rule::SuccessThreshold, successes.line, &message)
    })
}

/// A probe that only connects does not wait for an answer. Its own finding is enough.
fn timeout(context: &Context<'_>, probe: &Probed<'_>) -> Option<Finding> {
    let waits = matches!(
        probe.handler,
        Handler::Http { .. } | Handler::Grpc { .. } | Handler::Exec { .. }
    );
    let timeout = probe.timeout.filter(|_| waits)?;
    let declaration = context.declaration();
    let least = times::least_timeout(declaration, probe.role.probe());
    (timeout.value < least).then(|| {
        let message = format!(
            "has {timeout}, but the service may wait for a check for {} (`probe_budget`) before it answers; write `timeoutSeconds: {least}`",
            Length(declaration.service.probe_budget)
        );
        probe.finding(&context.place, Rule::ProbeTimeout, timeout.line, &message)
    })
}

fn startup_budget(context: &Context<'_>, probe: &Probed<'_>) -> Option<Finding> {
    let (period, failures) = (probe.period?, probe.failures?);
    let delay = probe.initial_delay?;
    let declaration = context.declaration();
    let (least, what) = match context.check.start_within {
        Some(within) if within >= times::least_startup(declaration) => (within, "the service may take"),
        _ => (times::least_startup(declaration), "the startup checks may take"),
    };
    // A manifest has whole seconds.
    let least = if least.is_zero() {
        least
    } else {
        seconds(times::seconds(least))
    };
    let found = seconds(period.value) * failures.value + seconds(delay.value);
    (found < least).then(|| {
        let left = least.saturating_sub(seconds(delay.value));
        let needed = times::seconds(left).div_ceil(period.value.max(1));
        let message = format!(
            "gives up after {}: {period} × {failures}{}, but {what} {} to start, so the container would be restarted; write `failureThreshold: {needed}`",
            Length(found),
            if delay.value == 0 { String::new() } else { format!(" + {delay}") },
            Length(least)
        );
        probe.finding(&context.place, Rule::StartupBudget, failures.line.or(period.line), &message)
    })
}

fn liveness_too_fast(context: &Context<'_>, probe: &Probed<'_>) -> Option<Finding> {
    let (period, failures, timeout) = (probe.period?, probe.failures?, probe.timeout?);
    let found = times::restarted_no_sooner_than(period.value, failures.value, timeout.value);
    let least = times::least_restart(context.declaration());
    (found < least).then(|| {
        let more = least.saturating_sub(seconds(timeout.value)).as_secs_f64() / f64::from(period.value.max(timeout.value));
        let message = format!(
            "may restart a blocked service after {}: {period}, {failures}, {timeout}, but it only counts as `stalled` after {}, so the log does not say why; write `failureThreshold: {}`",
            Length(found),
            Length(least),
            more.ceil() + 1.0
        );
        probe.finding(&context.place, Rule::LivenessTooFast, period.line.or(failures.line), &message)
    })
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
