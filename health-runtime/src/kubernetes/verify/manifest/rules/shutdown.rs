//! How the pod ends.

use std::time::Duration;

use super::super::super::command;
use super::super::Context;
use super::super::probe::Role;
use crate::kubernetes::length::Length;
use crate::kubernetes::times;
use crate::kubernetes::verify::finding::Finding;
use crate::kubernetes::verify::healthcheck;
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::text::declared;
use crate::kubernetes::verify::yaml::Yaml;

/// What happens before SIGTERM.
struct PreStop {
    line: usize,
    sleep: Duration,
}

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let pre_stop = pre_stop(context.container);
    let sleep = pre_stop.as_ref().map_or(Duration::ZERO, |pre_stop| pre_stop.sleep);
    [
        pre_stop.and_then(|pre_stop| sleep_before_drain(context, &pre_stop)),
        termination_grace(context, sleep),
        drain_too_short(context, sleep),
        stop_signal(context),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pre_stop(container: Yaml<'_>) -> Option<PreStop> {
    let pre_stop = container.at(&["lifecycle", "preStop"])?;
    let seconds = pre_stop
        .at(&["sleep", "seconds"])
        .and_then(Yaml::plain)
        .and_then(|text| text.parse::<u32>().ok());
    let sleep = seconds.map(|seconds| Duration::from_secs(seconds.into())).or_else(|| {
        let command = pre_stop.at(&["exec", "command"])?;
        let words: Vec<_> = command.items().filter_map(Yaml::text).collect();
        command::sleep(&words)
    });
    Some(PreStop {
        line: pre_stop.line(),
        sleep: sleep?,
    })
}

/// Readiness still passes during `preStop`, so nothing leaves the rotation because of it.
fn sleep_before_drain(context: &Context<'_>, pre_stop: &PreStop) -> Option<Finding> {
    let drain = context.declaration().service.drain;
    (!pre_stop.sleep.is_zero() && !drain.is_zero()).then(|| {
        let message = format!(
            "`preStop` sleeps for {} before SIGTERM, and then the service drains for {}, so the pod ends later and nothing is gained; remove the sleep",
            Length(pre_stop.sleep),
            Length(drain)
        );
        context.place.finding(Rule::PreStopSleep, pre_stop.line, message)
    })
}

fn termination_grace(context: &Context<'_>, sleep: Duration) -> Option<Finding> {
    let grace = context.grace?;
    let declaration = context.declaration();
    let least = times::least_grace(declaration, sleep);
    (grace.value < least).then(|| {
        let service = &declaration.service;
        let before = if sleep.is_zero() { String::new() } else { format!("{} of `preStop`, ", Length(sleep)) };
        let message = format!(
            "{grace} is not enough: the end takes up to {before}{} of `drain` and {} of `shutdown_grace`, so requests are cut off; write `terminationGracePeriodSeconds: {least}`",
            Length(service.drain),
            Length(service.shutdown_grace)
        );
        let line = grace.line.unwrap_or(context.workload.pod.line());
        context.place.finding(Rule::TerminationGrace, line, message)
    })
}

fn drain_too_short(context: &Context<'_>, sleep: Duration) -> Option<Finding> {
    let readiness = context.probe(Role::Readiness)?;
    let (period, failures) = (readiness.period?, readiness.failures?);
    let drain = context.declaration().service.drain;
    let least = times::least_drain(period.value, failures.value);
    // A service without a drain leaves the rotation during its `preStop`.
    let drains = !drain.is_zero() || sleep.is_zero();
    (context.workload.serves && drains && drain < least).then(|| {
        let message = format!(
            "may take {} to stop the traffic: {period} × {failures}, and {} until routers know, but `drain` is {}, so requests may still come after it; {}declare `drain = \"{}\"`",
            Length(least),
            Length(times::PROPAGATION),
            Length(drain),
            faster(drain, failures.value),
            declared(least)
        );
        readiness.finding(&context.place, Rule::DrainTooShort, period.line.or(failures.line), &message)
    })
}

/// The numbers with which the drain is long enough, if there are any.
fn faster(drain: Duration, failures: u32) -> String {
    let left = drain.saturating_sub(times::PROPAGATION).as_secs();
    match left / u64::from(failures.max(1)) {
        0 if left == 0 => String::new(),
        0 => format!("write `periodSeconds: 1` and `failureThreshold: {left}`, or "),
        period => format!("write `periodSeconds: {period}`, or "),
    }
}

fn stop_signal(context: &Context<'_>) -> Option<Finding> {
    let signal = context.container.at(&["lifecycle", "stopSignal"])?;
    let name = signal.text().unwrap_or_default();
    healthcheck::stop_signal(&context.place, "stopSignal", name, signal.line())
}
