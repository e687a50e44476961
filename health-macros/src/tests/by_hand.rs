//! The runtime has its own code for the rules, defaults and limits of checks that are added by hand. These tests give
//! the same options to the macros and to the runtime, and compare the results.

mod generate;
mod names;

use std::collections::BTreeSet;
use std::time::Duration;

use health_runtime::__private::ServiceSpec;
use health_runtime::{Breaker, CheckSpec, Checks, Flag, Health, HealthBuilder, HealthState, StartError};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

use self::generate::{any_check, any_service};
use super::derive;
use crate::parse::value::MAX_COUNT;
use crate::util::duration::{MAX, SHORTEST_STALL};
use crate::validate::check::DEFAULT_FAILURES;
use crate::validate::durations::{DEFAULT_INTERVAL, DEFAULT_RESET, DEFAULT_TIMEOUT, LATENESS};

const MILLI: Duration = Duration::from_millis(1);

/// When a check runs. The times are in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Refresh {
    Interval(u64),
    Ttl(u64),
}

/// The options of a check, for both sides. The times are in milliseconds.
#[derive(Clone, Debug, Default)]
struct Check {
    flags: BTreeSet<&'static str>,
    timeout: Option<u64>,
    refresh: Option<Refresh>,
    max_age: Option<u64>,
    degraded_after: Option<u64>,
    failure_threshold: Option<u32>,
    success_threshold: Option<u32>,
    breaker: Option<Circuit>,
    restart_helps: Option<&'static str>,
    description: Option<&'static str>,
    runbook: Option<&'static str>,
    groups: Vec<&'static str>,
    depends_on: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Circuit {
    failures: Option<u32>,
    successes: Option<u32>,
    reset: Option<u64>,
}

/// The options of the service.
#[derive(Clone, Copy, Debug, Default)]
struct Service {
    timeout: Option<u64>,
    refresh: Option<Refresh>,
    probe_budget: Option<u64>,
    stalled_after: Option<u64>,
    drain: Option<u64>,
    shutdown_grace: Option<u64>,
}

fn builder() -> HealthBuilder<()> {
    Health::builder(())
}

/// The error of the builder, except `NoRuntime`: the tests have no tokio runtime, so valid options cause that error.
fn refusal<S: HealthState>(builder: HealthBuilder<S>) -> Option<StartError> {
    builder
        .try_start()
        .err()
        .filter(|error| !matches!(error, StartError::NoRuntime))
}

fn is_taken(spec: CheckSpec) -> bool {
    refusal(builder().check(spec, Flag::healthy())).is_none()
}

/// Whether the derive accepts a field with the options `check` in a struct with the options `service`.
fn is_derived(service: &str, check: &str) -> bool {
    proc_macro2::extra::invalidate_current_thread_spans(); // Otherwise proc-macro2 keeps every source in memory.
    let service = match service {
        "" => String::new(),
        options => format!("#[health({options})]"),
    };
    let source = format!("{service} struct AppState {{ #[health_check({check} with = look)] field: u8 }}");
    let output = derive(source.parse().expect("made of tokens"));
    !output.to_string().contains("compile_error")
}

fn duration(name: &str, millis: Option<u64>) -> String {
    millis.map_or_else(String::new, |millis| format!("{name} = \"{millis}ms\", "))
}

fn number(name: &str, count: Option<u32>) -> String {
    count.map_or_else(String::new, |count| format!("{name} = {count}, "))
}

fn text(name: &str, text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!("{name} = {text:?}, "))
}

fn list(name: &str, texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    if quoted.is_empty() {
        return String::new();
    }
    format!("{name}({}), ", quoted.join(", "))
}

impl Refresh {
    fn attribute(refresh: Option<Self>) -> String {
        match refresh {
            Some(Self::Interval(millis)) => duration("interval", Some(millis)),
            Some(Self::Ttl(millis)) => duration("ttl", Some(millis)),
            None => String::new(),
        }
    }
}

impl Check {
    fn attribute(&self) -> String {
        let flags = self.flags.iter().flat_map(|flag| [*flag, ", "]).collect::<String>();
        let breaker = self.breaker.map_or_else(String::new, Circuit::attribute);
        flags
            + &duration("timeout", self.timeout)
            + &Refresh::attribute(self.refresh)
            + &duration("max_age", self.max_age)
            + &duration("degraded_after", self.degraded_after)
            + &number("failure_threshold", self.failure_threshold)
            + &number("success_threshold", self.success_threshold)
            + &breaker
            + &text("restart_helps", self.restart_helps)
            + &text("description", self.description)
            + &text("runbook", self.runbook)
            + &list("groups", &self.groups)
            + &list("depends_on", &self.depends_on)
    }

    fn spec(&self) -> CheckSpec {
        let mut spec = CheckSpec::new("field");
        for flag in &self.flags {
            spec = match *flag {
                "critical" => spec.critical(),
                "fail_open" => spec.fail_open(),
                "readiness" => spec.readiness(),
                "startup" => spec.startup(),
                "liveness" => spec.liveness(),
                "in_process" => spec.in_process(),
                other => panic!("no flag: {other}"),
            };
        }
        spec = set(spec, self.timeout.map(Duration::from_millis), CheckSpec::timeout);
        spec = match self.refresh {
            Some(Refresh::Interval(millis)) => spec.interval(Duration::from_millis(millis)),
            Some(Refresh::Ttl(millis)) => spec.ttl(Duration::from_millis(millis)),
            None => spec,
        };
        spec = set(spec, self.max_age.map(Duration::from_millis), CheckSpec::max_age);
        let slow = self.degraded_after.map(Duration::from_millis);
        spec = set(spec, slow, CheckSpec::degraded_after);
        spec = set(spec, self.failure_threshold, CheckSpec::failure_threshold);
        spec = set(spec, self.success_threshold, CheckSpec::success_threshold);
        spec = set(spec, self.breaker.map(Circuit::breaker), CheckSpec::breaker);
        spec = set(spec, self.restart_helps, CheckSpec::restart_helps);
        spec = set(spec, self.description, CheckSpec::description);
        spec = set(spec, self.runbook, CheckSpec::runbook);
        spec.groups(self.groups.clone()).depends_on(self.depends_on.clone())
    }
}

impl Circuit {
    fn attribute(self) -> String {
        let options =
            number("failures", self.failures) + &number("successes", self.successes) + &duration("reset", self.reset);
        match options.as_str() {
            "" => "breaker, ".into(),
            options => format!("breaker({options}), "),
        }
    }

    fn breaker(self) -> Breaker {
        let breaker = set(Breaker::new(), self.failures, Breaker::failures);
        let breaker = set(breaker, self.successes, Breaker::successes);
        set(breaker, self.reset.map(Duration::from_millis), Breaker::reset)
    }
}

impl Service {
    fn attribute(&self) -> String {
        duration("timeout", self.timeout)
            + &Refresh::attribute(self.refresh)
            + &duration("probe_budget", self.probe_budget)
            + &duration("stalled_after", self.stalled_after)
            + &duration("drain", self.drain)
            + &duration("shutdown_grace", self.shutdown_grace)
    }

    fn builder(&self) -> HealthBuilder<()> {
        let millis = |millis: Option<u64>| millis.map(Duration::from_millis);
        let builder = set(builder(), millis(self.timeout), HealthBuilder::timeout);
        let builder = match self.refresh {
            Some(Refresh::Interval(millis)) => builder.interval(Duration::from_millis(millis)),
            Some(Refresh::Ttl(millis)) => builder.ttl(Duration::from_millis(millis)),
            None => builder,
        };
        let builder = set(builder, millis(self.probe_budget), HealthBuilder::probe_budget);
        let builder = set(builder, millis(self.stalled_after), HealthBuilder::stalled_after);
        let builder = set(builder, millis(self.drain), HealthBuilder::drain);
        set(builder, millis(self.shutdown_grace), HealthBuilder::shutdown_grace)
    }

    /// The service as it is, without its default timeout, without its default interval or ttl, and without both. At the
    /// start, a default that does not fit the check's own options is replaced.
    fn giving_way(&self) -> [Self; 4] {
        let (timeout, refresh) = (None, None);
        [
            *self,
            Self { timeout, ..*self },
            Self { refresh, ..*self },
            Self {
                timeout,
                refresh,
                ..*self
            },
        ]
    }
}

fn set<T, V>(to: T, value: Option<V>, setter: impl FnOnce(T, V) -> T) -> T {
    match value {
        Some(value) => setter(to, value),
        None => to,
    }
}

#[test]
fn the_derive_and_the_start_refuse_the_same_options() {
    let (mut taken, mut refused) = (0, BTreeSet::new());
    let config = Config {
        cases: 6_000,
        rng_algorithm: RngAlgorithm::XorShift,
        rng_seed: RngSeed::Fixed(9),
        failure_persistence: None,
        ..Config::default()
    };
    let options = any_service().prop_flat_map(|service| (Just(service), any_check(service)));
    let counts = (
        std::cell::RefCell::new(&mut taken),
        std::cell::RefCell::new(&mut refused),
    );
    let outcome = TestRunner::new(config).run(&options, |(service, check)| {
        let others = ["mail", "billing.ledger"].map(CheckSpec::new);
        let builder = others.into_iter().fold(service.builder(), |builder, other| {
            builder.check(other, Flag::healthy())
        });
        let by_hand = refusal(builder.check(check.spec(), Flag::healthy()));
        let fits = |service: Service| is_derived(&service.attribute(), &check.attribute());
        let derived = is_derived(&service.attribute(), "") && service.giving_way().into_iter().any(fits);
        let said = by_hand.map(|error| error.to_string());
        prop_assert_eq!(
            derived,
            said.is_none(),
            "#[health({})] #[health_check({})]: {:?}",
            service.attribute(),
            check.attribute(),
            said
        );
        match said {
            None => **counts.0.borrow_mut() += 1,
            Some(said) => drop(counts.1.borrow_mut().insert(rule(&said))),
        }
        Ok(())
    });
    if let Err(wrong) = outcome {
        panic!("{wrong}");
    }
    assert!(taken > 1_500, "only {taken} of 6000 were right");
    for rule in RULES {
        assert!(refused.contains(rule), "no input broke the rule of {rule}: {refused:?}");
    }
}

/// The rule that an error is about. Usually this is the first word in backticks after the check's name.
fn rule(said: &str) -> String {
    if said.contains("does not belong in the liveness probe") {
        return "liveness".into();
    }
    let said = said
        .split_once("health check `field`: ")
        .map_or(said, |(_, problem)| problem);
    match said.split('`').nth(1) {
        Some(option) if !said.starts_with("group") => option.into(),
        _ => "groups".into(),
    }
}

const RULES: [&str; 22] = [
    "critical",
    "degraded_after",
    "depends_on",
    "description",
    "drain",
    "fail_open",
    "failure_threshold",
    "failures",
    "groups",
    "stalled_after",
    "in_process",
    "interval",
    "liveness",
    "max_age",
    "probe_budget",
    "reset",
    "restart_helps",
    "runbook",
    "shutdown_grace",
    "success_threshold",
    "successes",
    "timeout",
];

#[test]
fn the_derive_and_the_runtime_have_the_same_defaults_of_a_check() {
    let db = || CheckSpec::new("db");
    assert!(is_taken(db().degraded_after(DEFAULT_TIMEOUT.saturating_sub(MILLI))));
    assert!(!is_taken(db().degraded_after(DEFAULT_TIMEOUT)));
    let least = DEFAULT_INTERVAL + DEFAULT_INTERVAL / 10 + DEFAULT_TIMEOUT + LATENESS;
    assert!(is_taken(db().max_age(least)));
    assert!(!is_taken(db().max_age(least.saturating_sub(MILLI))));
    assert_eq!(db(), db().failure_threshold(1).success_threshold(1));
}

#[test]
fn the_derive_and_the_runtime_have_the_same_defaults_of_a_breaker() {
    assert_eq!(
        Breaker::new(),
        Breaker::new()
            .failures(DEFAULT_FAILURES)
            .successes(2)
            .reset(DEFAULT_RESET)
    );
}

#[test]
fn the_derive_and_the_runtime_have_the_same_limits() {
    let db = || CheckSpec::new("db");
    assert!(is_taken(db().interval(MAX)) && !is_taken(db().interval(MAX + MILLI)));
    assert!(is_taken(db().interval(MILLI)) && !is_taken(db().interval(MILLI / 2)));
    assert!(is_taken(db().failure_threshold(MAX_COUNT)) && !is_taken(db().failure_threshold(MAX_COUNT + 1)));
    let beats = |limit| refusal(builder().stalled_after(limit)).is_none();
    assert!(beats(SHORTEST_STALL) && !beats(SHORTEST_STALL.saturating_sub(MILLI)));
}

/// The runtime sets these defaults, and the docs of the macros state them.
#[test]
fn the_docs_state_the_defaults_of_the_service() {
    const TABLE: &str = include_str!("../../docs/derive.md");
    const OPTIONS: &str = include_str!("../../../health-runtime/docs/options.md");
    let plain = || ServiceSpec::new("orders", "1");
    let stated = [
        (
            "probe_budget",
            "800 ms",
            plain().probe_budget(Duration::from_millis(800)),
        ),
        ("drain", "7 s", plain().drain(Duration::from_secs(7))),
        (
            "shutdown_grace",
            "15 s",
            plain().shutdown_grace(Duration::from_secs(15)),
        ),
    ];
    for (option, default, spec) in stated {
        assert_eq!(spec, plain(), "{option}");
        let section = OPTIONS
            .split("\n## ")
            .find(|section| section.starts_with(&format!("`{option}`\n")));
        let section = section.expect("every option has a heading");
        assert!(section.contains(&format!("Default: {default}")), "{option}");
        let row = TABLE.lines().find(|line| line.starts_with(&format!("| [`{option} =")));
        let row = row.expect("every option is in the index");
        assert!(row.ends_with(&format!("| {default} |")), "{row}");
    }
}
