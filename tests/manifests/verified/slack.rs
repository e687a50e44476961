//! What the code generates has no finding. Each of its numbers may change within its slack. Beyond it, there is exactly
//! the finding for this number.

use std::collections::BTreeSet;
use std::time::Duration;

use health_runtime::kubernetes::ManifestCheck;
use health_runtime::{CheckSpec, Declaration, Flag, Health};
use proptest::prelude::*;

/// How long a request may take beside the time in which the service answers.
const ROOM: u64 = 200;

/// How long routers take, in seconds.
const ROUTERS: u64 = 2;

/// A service at random. Times are in milliseconds.
#[derive(Clone, Debug)]
struct Service {
    budget: u64,
    drain: u64,
    grace: u64,
    stalled: Option<u64>,
    start: u64,
    startup: bool,
    liveness: bool,
    /// The port of the startup and the liveness probe.
    internal: bool,
    named: bool,
}

fn service() -> impl Strategy<Value = Service> {
    let millis = |seconds: std::ops::Range<u64>| {
        prop_oneof![
            (seconds.clone()).prop_map(|s| s * 1_000),
            seconds.prop_flat_map(|s| s * 1_000 + 1..s * 1_000 + 1_000)
        ]
    };
    let times = (
        50..6_000_u64,
        millis(0..40),
        millis(1..40),
        prop::option::of(millis(1..60)),
        60_000..900_000_u64,
    );
    (times, any::<[bool; 4]>()).prop_map(
        |((budget, drain, grace, stalled, start), [startup, liveness, internal, named])| Service {
            budget,
            drain,
            grace,
            stalled,
            start,
            startup,
            liveness,
            internal,
            named,
        },
    )
}

impl Service {
    fn declaration(&self) -> Declaration {
        let ms = Duration::from_millis;
        let mut builder = Health::builder(())
            .name("orders")
            .probe_budget(ms(self.budget))
            .drain(ms(self.drain))
            .shutdown_grace(ms(self.grace));
        if let Some(stalled) = self.stalled {
            builder = builder.stalled_after(ms(stalled));
        }
        builder = builder.check(CheckSpec::new("db").critical(), Flag::healthy());
        if self.startup {
            builder = builder.check(CheckSpec::new("migrations").startup(), Flag::healthy());
        }
        if self.liveness {
            builder = builder.check(CheckSpec::new("worker").in_process().liveness(), Flag::healthy());
        }
        builder.manual().declaration()
    }

    /// The manifest that the code writes, as a pod.
    fn manifest(&self, declaration: &Declaration) -> String {
        let start = Duration::from_millis(self.start);
        let kubernetes = if self.named {
            declaration.kubernetes("http")
        } else {
            declaration.kubernetes(8080)
        };
        let kubernetes = match (self.internal, self.named) {
            (false, _) => kubernetes,
            (true, false) => kubernetes.internal(9090),
            (true, true) => kubernetes.internal("internal"),
        };
        let yaml = kubernetes.start_within(start).indent(2).to_yaml();
        let ports = "      ports: [{name: http, containerPort: 8080}, {name: internal, containerPort: 9090}]\n      startupProbe:\n";
        format!("kind: Pod\nmetadata: {{name: orders}}\nspec:\n{yaml}").replacen("      startupProbe:\n", ports, 1)
    }

    fn check(&self, declaration: &Declaration) -> ManifestCheck {
        let check = ManifestCheck::new(declaration).start_within(Duration::from_millis(self.start));
        if self.internal {
            check.public_port(8080).internal_port("internal")
        } else {
            check.public_port("http")
        }
    }

    /// The rules that these numbers break, computed from what is declared.
    fn broken(&self, numbers: &Numbers) -> BTreeSet<&'static str> {
        let mut broken = BTreeSet::new();
        let [startup, liveness, readiness] = &numbers.probes;
        let mut add = |rule, is_broken| {
            if is_broken {
                broken.insert(rule);
            }
        };
        add("termination-grace", numbers.grace * 1_000 < self.drain + self.grace);
        add("startup-budget", startup.period * startup.failures * 1_000 < self.start);
        add("probe-timeout", startup.timeout * 1_000 < self.budget + ROOM);
        add("probe-timeout", readiness.timeout * 1_000 < self.budget + ROOM);
        add(
            "drain-too-short",
            (readiness.period * readiness.failures + ROUTERS) * 1_000 > self.drain,
        );
        let restart = liveness.period.max(liveness.timeout) * (liveness.failures - 1) + liveness.timeout;
        add("liveness-too-fast", restart * 1_000 < self.stalled.unwrap_or(10_000));
        add("success-threshold", startup.successes != 1 || liveness.successes != 1);
        broken
    }
}

/// The numbers of a manifest, in seconds.
#[derive(Debug)]
struct Numbers {
    grace: u64,
    /// Startup, liveness and readiness.
    probes: [Times; 3],
}

#[derive(Debug, Default)]
struct Times {
    period: u64,
    timeout: u64,
    failures: u64,
    successes: u64,
}

const FIELDS: [&str; 5] = [
    "terminationGracePeriodSeconds",
    "periodSeconds",
    "timeoutSeconds",
    "failureThreshold",
    "successThreshold",
];

/// The lines of a manifest that have a number.
fn numbered(manifest: &str) -> Vec<usize> {
    let lines = manifest.lines().enumerate();
    let numbered = lines.filter(|(_, line)| FIELDS.iter().any(|field| line.trim_start().starts_with(field)));
    numbered.map(|(index, _)| index).collect()
}

/// Reads the numbers, in the order in which the code writes the probes.
fn numbers(manifest: &str) -> Numbers {
    let value = |line: &str| {
        line.split([':', '#'])
            .nth(1)
            .and_then(|value| value.trim().parse().ok())
            .expect("a number")
    };
    let mut numbers = Numbers {
        grace: 0,
        probes: Default::default(),
    };
    let mut probe = 0;
    for line in manifest.lines().map(str::trim_start) {
        match line {
            "startupProbe:" => probe = 0,
            "livenessProbe:" => probe = 1,
            "readinessProbe:" => probe = 2,
            _ => {}
        }
        let times = &mut numbers.probes[probe];
        match line.split(':').next() {
            Some("terminationGracePeriodSeconds") => numbers.grace = value(line),
            Some("periodSeconds") => times.period = value(line),
            Some("timeoutSeconds") => times.timeout = value(line),
            Some("failureThreshold") => times.failures = value(line),
            Some("successThreshold") => times.successes = value(line),
            _ => {}
        }
    }
    numbers
}

/// The manifest with another number in this line.
fn changed(manifest: &str, line: usize, number: u64) -> String {
    let change = |(index, text): (usize, &str)| match text.split_once(':') {
        Some((key, _)) if index == line => format!("{key}: {number}"),
        _ => text.to_owned(),
    };
    let lines: Vec<_> = manifest.lines().enumerate().map(change).collect();
    lines.join("\n")
}

fn found(check: &ManifestCheck, manifest: &str) -> BTreeSet<&'static str> {
    check
        .verify_manifest(manifest)
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

proptest! {
    #[test]
    fn what_the_code_generates_has_no_finding(service in service()) {
        let declaration = service.declaration();
        let manifest = service.manifest(&declaration);
        let found = found(&service.check(&declaration), &manifest);
        // No manifest makes up for a drain that is too short. The text says so.
        let expected = if manifest.contains("# PROBLEM: drain") { vec!["drain-too-short"] } else { vec![] };
        prop_assert_eq!(found, BTreeSet::from_iter(expected), "{}", manifest);
    }

    #[test]
    fn one_number_beyond_its_slack_has_exactly_the_finding_for_it(
        service in service(),
        number in prop_oneof![1..6_u64, 1..60_u64, 1..1_000_u64],
    ) {
        let declaration = service.declaration();
        let (manifest, check) = (service.manifest(&declaration), service.check(&declaration));
        for line in numbered(&manifest) {
            let manifest = changed(&manifest, line, number);
            let (found, expected) = (found(&check, &manifest), service.broken(&numbers(&manifest)));
            prop_assert_eq!(found, expected, "line {}: {}\n{}", line, number, manifest);
        }
    }

    /// The largest number without a finding is next to the smallest one with it.
    #[test]
    fn the_slack_ends_where_the_declaration_ends(service in service()) {
        let declaration = service.declaration();
        let (manifest, check) = (service.manifest(&declaration), service.check(&declaration));
        let grace = (service.drain + service.grace).div_ceil(1_000);
        let line = numbered(&manifest)[0];
        let has_finding = |number| found(&check, &changed(&manifest, line, number)).contains("termination-grace");
        prop_assert!(!has_finding(grace) && has_finding(grace - 1));
    }
}
