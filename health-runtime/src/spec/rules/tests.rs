//! What is refused at the start, and with which messages. A test in health-macros compares this with the derive.

use super::*;
use crate::{Flag, Health, HealthBuilder, HealthState};

const DAY: Duration = Duration::from_hours(24);

fn builder() -> HealthBuilder<()> {
    Health::builder(())
}

fn db() -> CheckSpec {
    CheckSpec::new("db")
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The error of the builder, except `NoRuntime`: the tests have no tokio runtime, so valid options get that one.
#[track_caller]
fn problem<S: HealthState>(builder: HealthBuilder<S>) -> Option<String> {
    match builder.try_start() {
        Err(StartError::NoRuntime) => None,
        Err(error) => Some(error.to_string()),
        Ok(_) => panic!("it started without a runtime"),
    }
}

#[track_caller]
fn refused(spec: CheckSpec, way_out: &str) {
    let text = problem(builder().check(spec, Flag::healthy())).unwrap_or_default();
    assert!(
        text.starts_with("health check `db`: ") && text.contains(way_out),
        "{text:?}"
    );
}

#[track_caller]
fn taken(spec: CheckSpec) {
    assert_eq!(problem(builder().check(spec, Flag::healthy())), None);
}

#[test]
fn the_times_of_a_check_are_between_a_millisecond_and_a_day() {
    for set in [
        CheckSpec::timeout,
        CheckSpec::interval,
        CheckSpec::max_age,
        CheckSpec::degraded_after,
    ] {
        refused(
            set(db(), Duration::ZERO),
            " is 0ns; write at least `Duration::from_millis(1)`",
        );
        refused(set(db(), Duration::from_nanos(999_999)), "write at least");
        refused(
            set(db(), Duration::MAX),
            "too long; write at most `Duration::from_secs(24 * 60 * 60)`",
        );
        refused(set(db(), DAY + ms(1)), "too long");
    }
    for set in [CheckSpec::timeout, CheckSpec::interval] {
        taken(set(db(), DAY));
        taken(set(db(), ms(1)));
    }
    taken(db().ttl(Duration::ZERO));
    taken(db().ttl(DAY));
    refused(db().ttl(Duration::MAX), "`ttl` is ");
    let reset = |time| db().breaker(Breaker::new().reset(time));
    refused(reset(Duration::ZERO), "`reset` is 0ns");
    refused(reset(DAY + ms(1)), "`reset` is 86400.001s, which is too long");
    taken(reset(DAY));
}

#[test]
fn a_timeout_is_shorter_than_the_interval() {
    let interval = db().interval(ms(1_000));
    taken(interval.clone().timeout(ms(999)));
    refused(
        interval.timeout(ms(1_000)),
        "`timeout` (1s) must be shorter than `interval`, which is 1s",
    );
    taken(db().ttl(ms(1)).timeout(ms(1_000)));
}

#[test]
fn max_age_must_cover_jitter_lateness_and_the_next_run() {
    taken(db().max_age(ms(7_750)));
    refused(
        db().max_age(ms(7_749)),
        "`max_age` (7.749s) is too short: a result is replaced only after `interval` (5s by default) plus 10 % jitter, \
         `timeout` (2s by default) and 250ms of delay, so it would turn stale while every run passes; write at least \
         `.max_age(Duration::from_millis(7750))`",
    );
    let own = db().interval(ms(60_000)).timeout(ms(1_000));
    taken(own.clone().max_age(ms(67_250)));
    refused(
        own.max_age(ms(67_249)),
        "after `interval` (60s) plus 10 % jitter, `timeout` (1s) and",
    );
    taken(db().ttl(Duration::ZERO).max_age(ms(2_250)));
    refused(
        db().ttl(Duration::ZERO).max_age(ms(2_249)),
        "after `ttl` (0ns), `timeout` (2s by default)",
    );
    refused(db().interval(DAY).max_age(DAY), "; leave `max_age` out");
}

#[test]
fn a_default_that_makes_max_age_too_short_is_replaced_or_named_in_the_error() {
    let start = |spec, builder: HealthBuilder<()>| problem(builder.check(spec, Flag::healthy()));
    assert_eq!(start(db().max_age(ms(7_750)), builder().interval(ms(60_000))), None);
    let text = start(db().max_age(ms(3_000)), builder().interval(ms(60_000))).unwrap();
    assert!(
        text.contains("`interval` (60s from the struct or the builder) plus 10 % jitter, `timeout` (2s by default)"),
        "{text}"
    );
    assert_eq!(start(db().max_age(ms(3_000)), builder().interval(ms(500))), None);
}

#[test]
fn degraded_after_is_shorter_than_the_timeout() {
    taken(db().degraded_after(ms(1_999)));
    refused(
        db().degraded_after(ms(2_000)),
        "must be shorter than `timeout` (2s by default)",
    );
    refused(
        db().timeout(ms(500)).degraded_after(ms(500)),
        "must be shorter than `timeout` (500ms),",
    );
}

#[test]
fn thresholds_and_breaker_counts_are_between_1_and_100() {
    for set in [CheckSpec::failure_threshold, CheckSpec::success_threshold] {
        refused(set(db(), 0), "cannot be 0; write 1 or more");
        refused(set(db(), 101), "is 101, which is too large; write at most 100");
        taken(set(db(), 100));
    }
    for set in [Breaker::failures, Breaker::successes] {
        refused(db().breaker(set(Breaker::new(), 0)), "cannot be 0");
        refused(db().breaker(set(Breaker::new(), 101)), "write at most 100");
        taken(db().breaker(set(Breaker::new(), 100)));
    }
}

#[test]
fn a_breaker_opens_no_sooner_than_the_check_fails_and_skips_runs() {
    let breaker = db().breaker(Breaker::new().failures(3));
    taken(breaker.clone().failure_threshold(3));
    refused(
        breaker.failure_threshold(4),
        "opens before `failure_threshold`, which is 4, is reached; write at least `.failures(4)`",
    );
    let often = db().breaker(Breaker::new());
    taken(often.clone().interval(ms(29_999)));
    taken(often.clone().ttl(ms(60_000)));
    refused(
        often.interval(ms(30_000)),
        "`reset` is 30s, which is not longer than `interval` (30s)",
    );
    taken(db().startup().breaker(Breaker::new().reset(ms(1))));
    refused(
        db().breaker(Breaker::new().reset(ms(5_000))),
        "which is not longer than `interval` (5s by default)",
    );
    // A default of the service that does not fit is replaced.
    let slow = || builder().interval(ms(60_000));
    assert_eq!(
        problem(slow().check(db().breaker(Breaker::new()), Flag::healthy())),
        None
    );
}

#[test]
fn an_option_without_effect_is_refused() {
    refused(
        db().fail_open(),
        "`fail_open` has no effect without `critical`, because the failure of other checks only degrades anyway; add \
         `.critical()` or remove `fail_open`",
    );
    refused(
        db().startup().fail_open(),
        "`fail_open` has no effect on a check that is not in the readiness probe",
    );
    let live = || db().liveness().in_process();
    refused(
        live().critical(),
        "`critical` has no effect on a check of the liveness probe alone",
    );
    refused(
        db().startup().critical(),
        "`critical` has no effect on a check of the startup probe alone",
    );
    refused(
        live().startup().critical().fail_open(),
        "remove `critical` and `fail_open`",
    );
    taken(live().readiness().critical().fail_open());
    refused(
        db().in_process(),
        "`in_process` has no effect outside of the liveness probe; add `.liveness()`",
    );
    refused(
        db().restart_helps("it leaks"),
        "`restart_helps` has no effect outside of the liveness probe",
    );
    refused(
        live().restart_helps("it leaks"),
        "`restart_helps` has no effect beside `in_process`",
    );
    refused(
        db().startup().interval(ms(1_000)),
        "`interval` has no effect on a check of the startup probe alone",
    );
    taken(db().startup().ttl(ms(1_000)));
}

#[test]
fn empty_texts_and_invalid_links_are_refused() {
    refused(db().description(" "), "`description` is empty");
    refused(
        db().liveness().in_process().restart_helps(""),
        "`restart_helps` is empty; say why",
    );
    for (url, way_out) in [
        ("", "`runbook` is empty; write a URL"),
        ("wiki.example", "`runbook` must be a URL that begins with `https://`"),
        (
            "https://me:secret@wiki.example",
            "`runbook` contains credentials, and reports show it; remove",
        ),
        ("https://wiki.example/a b", "write it percent-encoded"),
        ("https://wiki.example:http/", "`runbook` has an invalid port `http`"),
        ("https://", "`runbook` names no host"),
    ] {
        refused(db().runbook(url), way_out);
    }
    taken(db().runbook("https://wiki.example/db"));
    refused(
        db().groups(["core", "DB"]),
        "group \"DB\" is not a valid name; begin with `a`-`z` or `0`-`9`",
    );
    refused(db().groups(["core", "core"]), "group \"core\" is named twice");
    taken(db().groups(["core", "ready"]));
}

#[test]
fn the_services_own_options_have_the_limits_of_the_derive() {
    let refused = |builder: HealthBuilder<()>, way_out: &str| {
        let text = problem(builder).unwrap_or_default();
        assert!(
            text.starts_with("service options: ") && text.contains(way_out),
            "{text:?}"
        );
    };
    let set = HealthBuilder::<()>::probe_budget;
    for set in [
        set,
        HealthBuilder::timeout,
        HealthBuilder::interval,
        HealthBuilder::shutdown_grace,
    ] {
        refused(set(builder(), Duration::ZERO), " is 0ns; write at least");
        refused(set(builder(), Duration::MAX), "which is too long; write at most");
        assert_eq!(problem(set(builder(), ms(1))), None);
        assert_eq!(problem(set(builder(), DAY)), None);
    }
    for set in [HealthBuilder::ttl, HealthBuilder::drain] {
        refused(set(builder(), Duration::MAX), "which is too long; write at most");
        assert_eq!(problem(set(builder(), Duration::ZERO)), None);
    }
    refused(
        builder().stalled_after(ms(999)),
        "`stalled_after` is 999ms, which is shorter than 1s",
    );
    refused(builder().stalled_after(Duration::MAX), "`stalled_after` is ");
    assert_eq!(problem(builder().stalled_after(ms(1_000))), None);
    refused(
        builder().timeout(ms(1_000)).interval(ms(1_000)),
        "`timeout` (1s) must be shorter",
    );
    refused(builder().name(" "), "`name` is empty");
    refused(builder().version("1\n"), "`version` contains the control character");
    refused(
        builder().name("x".repeat(65)),
        "`name` has 65 characters; at most 64 are allowed",
    );
    assert_eq!(problem(builder().name("x".repeat(64))), None);
}

#[test]
fn a_dependency_has_the_form_of_a_name_and_is_named_once() {
    for name in ["", "Mail", "billing..ledger ", ".mail"] {
        refused(
            db().depends_on([name]),
            "is not a valid name of a check; write one such as \"db\" or \"billing.ledger\"",
        );
    }
    refused(
        db().depends_on(["mail", "mail"]),
        "\"mail\" is named twice in `depends_on`; remove one of them",
    );
    refused(
        db().depends_on(["mail"]),
        "`depends_on` names \"mail\", but no check has this name",
    );
    let mail = builder().check(CheckSpec::new("mail"), Flag::healthy());
    assert_eq!(problem(mail.check(db().depends_on(["mail"]), Flag::healthy())), None);
}

struct Outer(Inner);

struct Inner(Flag);

impl HealthState for Outer {
    fn register(checks: &mut crate::Checks<Self>) {
        checks.nest::<Inner>("inner", |outer| &outer.0);
    }
}

thread_local!(static TIMEOUT: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) });

impl HealthState for Inner {
    fn register(checks: &mut crate::Checks<Self>) {
        checks.service(ServiceSpec::new("inner", "1").timeout(TIMEOUT.get()));
        checks.add::<Flag>(db().degraded_after(ms(500)).timeout(ms(500)), |inner| &inner.0);
    }
}

#[test]
fn an_invalid_option_of_a_nested_struct_is_refused_with_its_full_name() {
    let start = |timeout| {
        TIMEOUT.set(timeout);
        problem(Health::builder(Outer(Inner(Flag::healthy())))).unwrap()
    };
    assert!(
        start(Duration::ZERO).starts_with("service options: the defaults of `inner`: `timeout` is 0ns; write at least")
    );
    assert!(start(ms(500)).starts_with("health check `inner.db`: `degraded_after` must be shorter"));
}

struct Live(Flag);

impl HealthState for Live {
    fn register(checks: &mut crate::Checks<Self>) {
        checks.add_live::<Flag>(db().liveness().in_process(), |live| &live.0);
    }
}

#[test]
fn in_process_is_refused_for_a_live_type() {
    let text = problem(Health::builder(Live(Flag::healthy()))).unwrap();
    assert!(
        text.contains("`db`: `in_process` has no effect with `add_live`"),
        "{text}"
    );
}

struct Nameless;

impl HealthState for Nameless {
    fn register(checks: &mut crate::Checks<Self>) {
        checks.service(ServiceSpec::new("", "1"));
    }
}

#[test]
fn a_declared_service_with_an_empty_name_is_refused() {
    assert_eq!(
        problem(Health::builder(Nameless)).as_deref(),
        Some("service options: `name` is empty; write that of the package, `env!(\"CARGO_PKG_NAME\")`, or another")
    );
    assert_eq!(problem(builder()), None, "none is declared");
}

#[tokio::test]
#[should_panic(expected = "cannot start health: health check `db`: `failure_threshold` cannot be 0")]
async fn start_panics_with_the_text_of_the_error() {
    drop(builder().check(db().failure_threshold(0), Flag::healthy()).start());
}
