//! Writes the part of a manifest that follows from the code.

use std::fmt;

use crate::kubernetes::length::Length;
use crate::kubernetes::numbers::Numbers;
use crate::kubernetes::options::Kubernetes;
use crate::kubernetes::port::Port;
use crate::kubernetes::times::{least_grace, least_restart, least_startup};
use crate::spec::Probe;

/// How much later than `shutdown_grace` the kubelet kills the process, in seconds. So the service can log why it ends.
const SPARE: u32 = 3;

/// A comment names at most this many checks.
const NAMED: usize = 5;

/// The longest name of a container.
const LONGEST: usize = 63;

impl Kubernetes {
    /// Writes the part of the spec of a pod that follows from the code, as YAML: `terminationGracePeriodSeconds`, and
    /// under `containers` the container with its probes. If the code does not fit Kubernetes, the first lines are
    /// comments that say why.
    pub fn to_yaml(&self) -> String {
        self.to_string()
    }

    /// What no manifest can make good.
    fn problems(&self) -> Vec<String> {
        let service = &self.declaration.service;
        let (drain, needed) = (service.drain, self.needed_drain());
        let short = (drain < needed).then(|| {
            format!(
                "drain = {} is too short: the readiness probe and the routers need {} to notice it; raise it",
                Length(drain),
                Length(needed)
            )
        });
        #[cfg(feature = "token")]
        let closed = (self.internal.is_some() && service.internal_token.is_some()).then(|| {
            "the internal port asks for a token, which no probe has; remove `.internal(…)`, or serve the probes at another port too"
                .to_owned()
        });
        #[cfg(not(feature = "token"))]
        let closed = None;
        short.into_iter().chain(closed).collect()
    }

    /// The name of the container: at most 63 lowercase letters, digits and `-`.
    fn container_name(&self) -> String {
        let name = self.container.as_deref().unwrap_or(&self.declaration.service.name);
        let lower = name.chars().map(|c| c.to_ascii_lowercase());
        let plain = lower.map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
        let name: String = plain.take(LONGEST).collect();
        match name.trim_matches('-') {
            "" => "app".into(),
            name => name.into(),
        }
    }

    /// What the startup probe waits for, as far as the code declares it.
    fn awaited(&self) -> String {
        let declaration = &self.declaration;
        let checks = declaration.plans.iter().filter(|plan| plan.spec.is_in(Probe::Startup));
        let mut names: Vec<_> = checks.map(|plan| plan.spec.name()).collect();
        let further = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let checks = (!names.is_empty()).then(|| match further {
            0 => format!("the startup checks {}", names.join(", ")),
            _ => format!("the startup checks {} and {further} more", names.join(", ")),
        });
        let tasks = declaration.has_startup_tasks.then(|| "the startup tasks".to_owned());
        let manual = declaration.service.manual_start.then(|| "mark_started()".to_owned());
        let awaited: Vec<_> = checks.into_iter().chain(tasks).chain(manual).collect();
        match &awaited[..] {
            [] => "until the port is open, only this probe keeps liveness from restarting the container".into(),
            _ => format!("waits for {}", awaited.join("; ")),
        }
    }

    fn startup_reason(&self, numbers: Numbers) -> String {
        let needed = least_startup(&self.declaration);
        let start = self.start();
        let source = match self.start_within {
            Some(within) if within >= needed => "start_within".into(),
            None if start > needed => "the default; set `start_within`".into(),
            _ => format!("two runs of the startup checks, {}", Length(needed)),
        };
        let (period, start) = (numbers.period, Length(start));
        format!("× {period} s: the start may take {start} ({source})")
    }

    fn liveness_reason(&self, numbers: Numbers) -> String {
        let stalled = Length(least_restart(&self.declaration));
        let restart = Length(numbers.noticed_after());
        format!("a restart after at most {restart}, and not before stalled_after = {stalled}")
    }

    fn readiness_reason(&self, numbers: Numbers) -> String {
        let (needed, drain) = (Length(self.needed_drain()), Length(self.declaration.service.drain));
        let period = numbers.period;
        format!("× {period} s, and 2 s for the routers: {needed} of drain = {drain}")
    }

    fn grace_reason(&self) -> String {
        let service = &self.declaration.service;
        let (drain, grace) = (Length(service.drain), Length(service.shutdown_grace));
        let hook = if self.pre_stop.is_zero() {
            String::new()
        } else {
            format!("preStop = {}, ", Length(self.pre_stop))
        };
        format!("{hook}drain = {drain}, shutdown_grace = {grace}, and {SPARE} s to spare")
    }
}

/// Writes lines, each with its indentation.
struct Lines<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    indent: usize,
}

impl Lines<'_, '_> {
    fn line(&mut self, depth: usize, text: &str) -> fmt::Result {
        let spaces = self.indent + depth * 2;
        writeln!(self.to, "{:spaces$}{text}", "")
    }

    fn number(&mut self, depth: usize, key: &str, number: u32, why: &str) -> fmt::Result {
        self.line(depth, &format!("{key}: {number} # {why}"))
    }
}

/// What is written about a probe.
struct Written<'a> {
    key: &'a str,
    probe: Probe,
    port: &'a Port,
    /// Above the probe.
    about: &'a str,
    numbers: Numbers,
    /// Behind each number.
    period: &'a str,
    timeout: &'a str,
    failures: &'a str,
    successes: &'a str,
}

impl Kubernetes {
    fn probe(&self, lines: &mut Lines<'_, '_>, written: &Written<'_>) -> fmt::Result {
        let path = &self.declaration.service.routes[written.probe as usize].path;
        let numbers = written.numbers;
        lines.line(2, &format!("# {}", written.about))?;
        lines.line(2, &format!("{}:", written.key))?;
        lines.line(3, "httpGet:")?;
        lines.line(4, &format!("path: {path}"))?;
        lines.line(4, &format!("port: {}", written.port))?;
        lines.number(3, "periodSeconds", numbers.period, written.period)?;
        lines.number(3, "timeoutSeconds", numbers.timeout, written.timeout)?;
        lines.number(3, "failureThreshold", numbers.failure_threshold, written.failures)?;
        lines.number(3, "successThreshold", 1, written.successes)
    }
}

impl fmt::Display for Kubernetes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.declaration.service;
        let budget = format!(
            "probe_budget = {}, and room for the connection",
            Length(service.probe_budget)
        );
        let internal = self.internal.as_ref().unwrap_or(&self.port);
        let (startup, liveness, readiness) = (self.startup(), self.liveness(), self.readiness());
        let mut lines = Lines {
            to: f,
            indent: self.indent,
        };
        for problem in self.problems() {
            lines.line(0, &format!("# PROBLEM: {problem}"))?;
        }
        let grace = least_grace(&self.declaration, self.pre_stop).saturating_add(SPARE);
        lines.number(0, "terminationGracePeriodSeconds", grace, &self.grace_reason())?;
        lines.line(0, "containers:")?;
        lines.line(1, &format!("- name: \"{}\"", self.container_name()))?;
        let startup = Written {
            key: "startupProbe",
            probe: Probe::Startup,
            port: internal,
            about: &self.awaited(),
            numbers: startup,
            period: "short, because the service gets no request before it passes",
            timeout: &budget,
            failures: &self.startup_reason(startup),
            successes: "Kubernetes allows no other",
        };
        self.probe(&mut lines, &startup)?;
        let liveness = Written {
            key: "livenessProbe",
            probe: Probe::Liveness,
            port: internal,
            about: "a restart needs evidence: an outage of a dependency does not fail this probe",
            numbers: liveness,
            period: "slow, because a restart is the last resort",
            timeout: "it waits for no check, but the node may be busy",
            failures: &self.liveness_reason(liveness),
            successes: "Kubernetes allows no other",
        };
        self.probe(&mut lines, &liveness)?;
        let source = match self.period {
            Some(_) => "from `period`",
            None => "from the drain, 5 s at most",
        };
        let readiness = Written {
            key: "readinessProbe",
            probe: Probe::Readiness,
            port: &self.port,
            about: "takes the pod out of rotation while a critical check fails",
            numbers: readiness,
            period: source,
            timeout: &budget,
            failures: &self.readiness_reason(readiness),
            successes: "success_threshold of each check decides when it passes again",
        };
        self.probe(&mut lines, &readiness)
    }
}
