//! What is generated keeps the rules of `times`, for any declaration.

use std::time::Duration;

use fastrand::Rng;

use crate::checks::flag::Flag;
use crate::declaration::Declaration;
use crate::health::Health;
use crate::kubernetes::Kubernetes;
use crate::kubernetes::times::{
    PROPAGATION, least_drain, least_grace, least_restart, least_startup, least_timeout, restarted_no_sooner_than,
};
use crate::spec::{Breaker, CheckSpec, Probe};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A random service with these checks.
fn declared(chance: &mut Rng, specs: Vec<CheckSpec>) -> Declaration {
    let mut builder = Health::builder(())
        .name("orders")
        .version("1.2.3")
        .probe_budget(ms(chance.u64(1..5_000)))
        .drain(ms(chance.u64(0..30_000)))
        .shutdown_grace(ms(chance.u64(1..60_000)))
        .stalled_after(ms(chance.u64(1_000..200_000)));
    for spec in specs {
        builder = builder.check(spec, Flag::healthy());
    }
    builder.into_declaration().unwrap()
}

fn random(chance: &mut Rng) -> Declaration {
    let specs = (0..chance.u8(0..4)).map(|number| {
        let timeout = ms(chance.u64(1..10_000));
        let spec = CheckSpec::named(format!("check-{number}")).timeout(timeout);
        match chance.u8(0..4) {
            0 => spec.startup(),
            1 => spec.startup().readiness().critical().ttl(ms(chance.u64(0..60_000))),
            2 => spec
                .startup()
                .readiness()
                .interval(timeout * 2)
                .breaker(Breaker::new().failures(chance.u32(1..3)).reset(timeout * 3)),
            _ => spec.critical(),
        }
    });
    let specs = specs.collect();
    declared(chance, specs)
}

/// The number after this key, in the probe with this key.
fn number(yaml: &str, probe: &str, key: &str) -> u32 {
    let after = yaml.split(probe).nth(1).expect("the probe is there");
    let after = after.split(&format!(" {key}: ")).nth(1).expect("the key is there");
    let digits = after.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).expect("it is a number")
}

fn times(yaml: &str, probe: &str) -> [u32; 3] {
    ["periodSeconds", "failureThreshold", "timeoutSeconds"].map(|key| number(yaml, probe, key))
}

/// The rest of the line after the first `key`.
fn line_after<'a>(yaml: &'a str, key: &str) -> &'a str {
    yaml.split(key).nth(1).and_then(|rest| rest.lines().next()).unwrap()
}

#[test]
fn what_is_generated_keeps_every_rule() {
    let mut chance = Rng::with_seed(1);
    for _ in 0..1_000 {
        let declaration = random(&mut chance);
        let (start, hook) = (ms(chance.u64(1..900_000)), ms(chance.u64(0..20_000)));
        let yaml = declaration
            .kubernetes(3000)
            .start_within(start)
            .pre_stop(hook)
            .to_yaml();

        let [period, failures, timeout] = times(&yaml, "startupProbe:");
        let budget = Duration::from_secs(u64::from(period) * u64::from(failures));
        assert!(budget >= start.max(least_startup(&declaration)), "{yaml}");
        assert!(timeout >= least_timeout(&declaration, Probe::Startup), "{yaml}");

        let [period, failures, timeout] = times(&yaml, "livenessProbe:");
        let restart = restarted_no_sooner_than(period, failures, timeout);
        assert!(restart >= least_restart(&declaration), "{yaml}");
        assert!(timeout >= least_timeout(&declaration, Probe::Liveness), "{yaml}");

        let [period, failures, timeout] = times(&yaml, "readinessProbe:");
        assert!(timeout >= least_timeout(&declaration, Probe::Readiness), "{yaml}");
        let (drain, is_short) = (declaration.service.drain, yaml.contains("# PROBLEM: drain = "));
        assert_eq!(least_drain(period, failures) > drain, is_short, "{yaml}");
        assert_eq!(
            drain < PROPAGATION + ms(1_000),
            is_short,
            "only such a drain is too short: {yaml}"
        );

        let grace = number(
            &format!("pod: {}", yaml.replace('\n', " ")),
            "pod:",
            "terminationGracePeriodSeconds",
        );
        assert!(grace >= least_grace(&declaration, hook), "{yaml}");
    }
}

#[test]
fn a_period_of_your_own_lowers_the_threshold_until_the_drain_is_too_short_for_it() {
    let builder = Health::builder(()).drain(Duration::from_secs(15));
    let declaration = builder.into_declaration().unwrap();
    let readiness = |seconds| {
        let period = Duration::from_secs(seconds);
        let yaml = declaration.kubernetes(80).period(period).to_yaml();
        let [period, failures, _] = times(&yaml, "readinessProbe:");
        (period, failures, yaml.lines().next().unwrap().to_owned())
    };
    let (fits, grace) = ((6, 2), "terminationGracePeriodSeconds");
    let (period, failures, first) = readiness(6);
    assert!((period, failures) == fits && first.starts_with(grace), "{first}");
    let (period, failures, first) = readiness(30);
    assert_eq!((period, failures), (30, 1));
    let problem =
        "# PROBLEM: drain = 15 s is too short: the readiness probe and the routers need 32 s to notice it; raise it";
    assert_eq!(first, problem);
}

#[test]
fn a_hook_before_the_drain_makes_the_grace_longer() {
    let yaml = orders().kubernetes(80).pre_stop(ms(2_500)).to_yaml();
    let grace =
        "terminationGracePeriodSeconds: 28 # preStop = 2.5 s, drain = 7 s, shutdown_grace = 15 s, and 3 s to spare\n";
    assert!(yaml.starts_with(grace), "{yaml}");
}

fn orders() -> Declaration {
    let migrated = CheckSpec::new("migrated").startup();
    let db = CheckSpec::new("db")
        .critical()
        .failure_threshold(2)
        .depends_on(["network"]);
    let payments = CheckSpec::new("payments")
        .timeout(ms(500))
        .ttl(ms(1_000))
        .breaker(Breaker::new());
    let specs = vec![
        migrated,
        db,
        payments,
        CheckSpec::new("network"),
        CheckSpec::new("worker").liveness().in_process(),
    ];
    let builder = Health::builder(()).name("orders").version("1.2.3");
    let builder = specs
        .into_iter()
        .fold(builder, |builder, spec| builder.check(spec, Flag::healthy()));
    builder.into_declaration().unwrap()
}

#[test]
fn each_number_has_a_comment_that_says_where_it_comes_from() {
    let yaml = orders()
        .kubernetes("http")
        .internal(9090)
        .start_within(Duration::from_secs(600))
        .to_yaml();
    let numbers = yaml
        .lines()
        .filter(|line| line.trim_end().ends_with(|c: char| c.is_ascii_digit()));
    let bare: Vec<_> = numbers
        .filter(|line| !line.contains(" # ") && !line.contains("port:"))
        .collect();
    assert_eq!(bare, Vec::<&str>::new());
    assert!(yaml.lines().all(|line| line.chars().count() <= 120), "{yaml}");
}

#[test]
fn the_startup_and_the_liveness_probe_ask_the_internal_port_and_readiness_the_public_one() {
    let yaml = orders().kubernetes("http").internal(9090).to_yaml();
    let port = |probe: &str| line_after(yaml.split(probe).nth(1).unwrap(), "port: ").to_owned();
    let ports = ["startupProbe:", "livenessProbe:", "readinessProbe:"].map(port);
    assert_eq!(ports, ["9090", "9090", "\"http\""]);
}

#[test]
fn a_service_has_its_own_paths_in_the_manifest() {
    let builder = Health::builder(())
        .prefix("/ops")
        .paths(Probe::Readiness, ["/ready", "/readyz"]);
    let yaml = builder.into_declaration().unwrap().kubernetes(80).to_yaml();
    for path in ["/ops/live", "/ready", "/ops/startup"] {
        assert!(yaml.contains(&format!("path: {path}\n")), "{path}: {yaml}");
    }
}

#[cfg(feature = "token")]
#[test]
fn an_internal_port_with_a_token_is_a_problem() {
    let builder = Health::builder(()).internal_token("0123456789abcdef");
    let declaration = builder.into_declaration().unwrap();
    let asks = |manifest: Kubernetes| {
        manifest
            .to_yaml()
            .contains("# PROBLEM: the internal port asks for a token")
    };
    assert!(asks(declaration.kubernetes(80).internal(9090)));
    assert!(!asks(declaration.kubernetes(80)));
}

#[test]
fn the_name_of_a_service_becomes_a_valid_name_of_a_container() {
    let name = |name: &'static str| {
        let yaml = Health::builder(())
            .name(name)
            .into_declaration()
            .unwrap()
            .kubernetes(80)
            .to_yaml();
        line_after(&yaml, "- name: ").to_owned()
    };
    assert_eq!(name("Orders_2 \"v\""), "\"orders-2--v\"");
    assert_eq!(name("ü"), "\"app\"");
    let long = name("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij-m");
    assert_eq!(long.len(), 62 + 2, "{long}");
}

#[test]
#[should_panic(expected = "\"HTTP\" is not a valid name for a port")]
fn an_invalid_name_of_a_port_is_refused() {
    let _ = orders().kubernetes("HTTP");
}

#[test]
fn every_line_is_indented() {
    let declaration = orders();
    let plain = declaration.kubernetes(80).to_yaml();
    let indented = declaration.kubernetes(80).indent(6).to_yaml();
    let expected: Vec<_> = plain.lines().map(|line| format!("      {line}")).collect();
    assert_eq!(indented.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn the_description_has_every_declaration_and_fits_into_100_columns() {
    let shown = orders().describe().to_string();
    for part in [
        "| db       | ready  | yes      | every 5 s | 2 s     | 17 s    | 2 / 1     |",
        "| payments | ready  | –        | ttl 1 s   | 500 ms  | 30 s    | 1 / 1     |",
        "- db depends on network",
        "- payments has a breaker: open after 5 failures, a trial after 30 s, closed after 2 passed trials",
        "- readiness probe: every 2 s, timeout 2 s, 2 failures",
        "- liveness probe: every 10 s, timeout 2 s, 3 failures",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let mut chance = Rng::with_seed(1);
    for _ in 0..100 {
        let shown = random(&mut chance).describe().to_string();
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    }
}

#[test]
fn only_what_fails_readiness_takes_the_service_out_of_rotation() {
    let specs = vec![
        CheckSpec::new("critical").critical(),
        CheckSpec::new("other"),
        CheckSpec::new("shared").critical().fail_open(),
        CheckSpec::new("first").startup(),
        CheckSpec::new("worker").liveness().in_process(),
    ];
    let builder = specs.into_iter().fold(Health::builder(()), |builder, spec| {
        builder.check(spec, Flag::healthy())
    });
    let description = builder.into_declaration().unwrap().describe();
    let has = |name| {
        let times = description.times(name).unwrap();
        [times.detected, times.out_of_rotation, times.back, times.restarted].map(|time| time.is_some())
    };
    assert_eq!(has("critical"), [true, true, true, false]);
    assert_eq!(has("other"), [true, false, true, false]);
    assert_eq!(has("shared"), [true, false, true, false]);
    assert_eq!(has("first"), [false, false, false, false]);
    assert_eq!(has("worker"), [true, false, true, true]);
}

#[test]
fn the_page_shows_what_is_generated() {
    let page = include_str!("../../docs/kubernetes.md");
    let builder = Health::builder(()).name("orders").version("1.2.3");
    let builder = builder.check(CheckSpec::new("db").critical(), Flag::healthy());
    let payments = CheckSpec::new("payments").timeout(ms(500)).interval(ms(1_000));
    let declaration = builder.check(payments, Flag::healthy()).into_declaration().unwrap();
    let yaml = declaration.kubernetes("http").start_within(Duration::from_secs(60));
    assert!(page.contains(&format!("```yaml\n{yaml}```\n")), "{yaml}");
    let description = declaration.describe();
    assert!(page.contains(&format!("```text\n{description}```\n")), "{description}");
}
