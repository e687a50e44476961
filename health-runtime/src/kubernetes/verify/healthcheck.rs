//! What must fit between a `HEALTHCHECK` and the service: that of a Dockerfile, and the `healthcheck` of Compose.

use std::time::Duration;

use super::command::{self, Command};
use super::finding::{Finding, Place, shown};
use super::options::ManifestCheck;
use super::rule::Rule;
use super::text::declared;
use crate::kubernetes::length::Length;
use crate::kubernetes::times;
use crate::spec::Probe;

/// A time, and whether it is the default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub(super) value: Duration,
    pub(super) line: Option<usize>,
}

/// A `HEALTHCHECK`, with the defaults of Docker.
#[derive(Debug)]
pub(super) struct Healthcheck<'a> {
    /// The line of the command.
    pub(super) line: usize,
    pub(super) command: Vec<&'a str>,
    pub(super) interval: Option<Time>,
    pub(super) timeout: Option<Time>,
    pub(super) start_period: Option<Time>,
    pub(super) retries: Option<u32>,
    /// What the options are called.
    pub(super) names: Names,
    /// Whether something replaces an unhealthy container.
    pub(super) restarts: bool,
}

/// How a file writes the options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) whole: &'static str,
    pub(super) interval: &'static str,
    pub(super) timeout: &'static str,
    pub(super) start_period: &'static str,
    /// Between an option and its value.
    pub(super) sign: &'static str,
}

pub(super) const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
pub(super) const DEFAULT_RETRIES: u32 = 3;

pub(super) fn check(check: &ManifestCheck, place: &Place, healthcheck: &Healthcheck<'_>) -> Vec<Finding> {
    let mut findings = asked(check, place, healthcheck);
    findings.extend(timeout(check, place, healthcheck));
    findings.extend(start_period(check, place, healthcheck));
    findings
}

/// What the command asks.
fn asked(check: &ManifestCheck, place: &Place, healthcheck: &Healthcheck<'_>) -> Vec<Finding> {
    let declaration = &check.declaration;
    let wanted = if healthcheck.restarts {
        Probe::Liveness
    } else {
        Probe::Readiness
    };
    let whole = healthcheck.names.whole;
    let report = |rule, message: &str| place.finding(rule, healthcheck.line, format!("`{whole}` {message}"));
    let url = match command::read(&healthcheck.command) {
        Command::Own { url } => url,
        Command::Client {
            name: "grpc_health_probe",
            ..
        } => return Vec::new(),
        Command::Client { fails: false, .. } => {
            let message = "runs `curl` without `--fail`, which also succeeds if the answer is 503; write `curl --fail`, or `CMD [\"/app\", \"--probe\"]`";
            return vec![report(Rule::BlindCommand, message)];
        }
        Command::Client { url: Some(url), .. } => Some(url),
        Command::Client { name, url: None, .. } => {
            let message = format!(
                "runs `{}` without a URL of this service; write `CMD [\"/app\", \"--probe\"]`",
                shown(name)
            );
            return vec![report(Rule::BlindCommand, &message)];
        }
        Command::Other => {
            let name = shown(healthcheck.command.first().copied().unwrap_or_default());
            let message = format!(
                "runs `{name}`, and the command names no path of this service; write `CMD [\"/app\", \"--probe\"]`"
            );
            return vec![report(Rule::BlindCommand, &message)];
        }
    };
    let Some(url) = url else {
        return Vec::new();
    };
    let path = match command::path(url) {
        Ok(path) => path,
        Err((rule, message)) => return vec![report(rule, &message)],
    };
    let (probe, problems) = declaration.question(path, wanted);
    let mut findings: Vec<_> = problems.iter().map(|(rule, message)| report(*rule, message)).collect();
    if probe == Some(Probe::Startup) {
        let right = declaration.path(wanted);
        let message = format!(
            "asks the startup path `{}`, which never fails after the start; write `{right}`",
            shown(path)
        );
        findings.push(report(Rule::WrongProbe, &message));
    }
    let restarts_for = probe.filter(|probe| matches!(probe, Probe::Readiness | Probe::Health));
    if let Some(probe) = restarts_for.filter(|_| healthcheck.restarts) {
        let right = declaration.path(Probe::Liveness);
        let message = format!(
            "asks the {probe} path `{}`, and unhealthy containers are replaced here, so an outage of a dependency replaces every container; write `{right}`",
            shown(path)
        );
        findings.push(report(Rule::LivenessOnReadiness, &message));
    }
    findings
}

fn timeout(check: &ManifestCheck, place: &Place, healthcheck: &Healthcheck<'_>) -> Option<Finding> {
    let timeout = healthcheck.timeout?;
    let budget = check.declaration.service.probe_budget;
    let least = budget.saturating_add(times::ROOM);
    let name = healthcheck.names.timeout;
    (timeout.value < least).then(|| {
        let message = format!(
            "`{name}` is {}, but the service may wait for a check for {} (`probe_budget`) before it answers; write `{name}{}{}s`",
            Length(timeout.value),
            Length(budget),
            healthcheck.names.sign,
            times::seconds(least)
        );
        place.finding(Rule::ProbeTimeout, timeout.line, message)
    })
}

/// Failures in the start period do not count. After it, `retries` of them in a row make the container unhealthy.
fn start_period(check: &ManifestCheck, place: &Place, healthcheck: &Healthcheck<'_>) -> Option<Finding> {
    let (interval, start, retries) = (healthcheck.interval?, healthcheck.start_period?, healthcheck.retries?);
    let least = check
        .start_within
        .unwrap_or_default()
        .max(times::least_startup(&check.declaration));
    let least = if least.is_zero() {
        least
    } else {
        Duration::from_secs(times::seconds(least).into())
    };
    let found = start.value.saturating_add(interval.value.saturating_mul(retries));
    let names = healthcheck.names;
    (found < least).then(|| {
        let period = match start.value {
            Duration::ZERO => format!("no `{}`, and", names.start_period),
            period => format!("`{}` {} +", names.start_period, Length(period)),
        };
        let default = if interval.line.is_none() { " (the default)" } else { "" };
        let message = format!(
            "a container is unhealthy after {}: {period} `{}` {}{default} × {retries} retries, but the service may take {} to start; write `{}{}{}`",
            Length(found),
            names.interval,
            Length(interval.value),
            Length(least),
            names.start_period,
            names.sign,
            declared(least)
        );
        place.finding(Rule::StartupBudget, start.line.unwrap_or(healthcheck.line), message)
    })
}

/// The end of a container: `docker stop` and Compose kill it after this time.
pub(super) fn stop_grace(check: &ManifestCheck, place: &Place, grace: Time, line: usize) -> Option<Finding> {
    let service = &check.declaration.service;
    let least = times::least_grace(&check.declaration, Duration::ZERO);
    let is_short = grace.value < Duration::from_secs(least.into());
    is_short.then(|| {
        let default = if grace.line.is_none() { " (the default)" } else { "" };
        let message = format!(
            "`stop_grace_period` {}{default} is not enough: the end takes up to {} of `drain` and {} of `shutdown_grace`, so requests are cut off; write `stop_grace_period: {least}s`",
            Length(grace.value),
            Length(service.drain),
            Length(service.shutdown_grace)
        );
        place.finding(Rule::TerminationGrace, grace.line.unwrap_or(line), message)
    })
}

/// A signal that ends the process without a drain. SIGINT is one too: it ends the wait.
pub(super) fn stop_signal(place: &Place, option: &str, signal: &str, line: usize) -> Option<Finding> {
    (!matches!(signal, "SIGTERM" | "TERM" | "15")).then(|| {
        let message = format!(
            "`{option}` is `{}`, but the service only drains on SIGTERM, so requests are cut off; remove `{option}`",
            shown(signal)
        );
        place.finding(Rule::StopSignal, line, message)
    })
}
