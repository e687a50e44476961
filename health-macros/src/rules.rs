//! The rules across the options of one check.

use std::time::Duration;

use crate::duration::show;
use crate::errors::Errors;
use crate::model::{BreakerOptions, Check, CheckOptions, StateOptions, Text};
use crate::{naming, timing};

/// `failures` of a breaker that does not say.
pub(crate) const DEFAULT_FAILURES: u32 = 5;

/// `reset` of a breaker that does not say.
pub(crate) const DEFAULT_RESET: Duration = Duration::from_secs(30);

/// A nested field says how its checks are called, and nothing else.
pub(crate) fn validate_nested(options: &CheckOptions, errors: &mut Errors) {
    for key in &options.given {
        if key == "with" {
            errors.at(
                key,
                "`with` cannot be used with `nested`: either a function checks the field, or it has checks of its own; \
                 remove one of them",
            );
        } else if key != "nested" && key != "name" {
            errors.at(
                key,
                format!(
                    "`{key}` has no effect on a `nested` field; set it on the checks inside, and remove `{key}` here"
                ),
            );
        }
    }
}

/// A function needs one reason to be in the liveness probe.
pub(crate) fn validate_reason(options: &CheckOptions, what: &str, errors: &mut Errors) {
    let Some(liveness) = options.liveness.key() else { return };
    match (options.in_process.key(), options.restart_helps.key()) {
        (Some(_), Some(restart_helps)) => errors.at(
            restart_helps,
            "`restart_helps` has no effect beside `in_process`, which says it already; remove one of them",
        ),
        (None, None) => errors.at(
            liveness,
            format!(
                "`liveness` on {what} needs a reason, because failing it restarts the process; add `in_process` if it \
                 looks only at this process, or `restart_helps = \"why\"`, or leave `liveness` out"
            ),
        ),
        _ => {}
    }
}

/// The rules that hold for fields and functions alike.
pub(crate) fn validate_check(check: &Check<'_>, defaults: &StateOptions, errors: &mut Errors) {
    validate_texts(&check.options, errors);
    timing::validate_check(&check.options, defaults, errors);
    validate_probes(&check.options, errors);
    validate_failing(&check.options, errors);
}

fn validate_texts(options: &CheckOptions, errors: &mut Errors) {
    if let Some(text) = options.description.value().filter(|text| text.text.trim().is_empty()) {
        errors.at(
            &text.literal,
            "`description` is empty; say what is checked, or leave it out",
        );
    }
    if let Some(text) = options.restart_helps.value().filter(|text| text.text.trim().is_empty()) {
        errors.at(
            &text.literal,
            "`restart_helps` is empty; say why a restart of this process fixes what is checked",
        );
    }
    if let Some(Text { text, literal }) = options.runbook.value()
        && let Some(wrong) = naming::url_problem(text)
    {
        errors.at(literal, format!("`runbook` {wrong}"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for Text { text, literal } in options.groups.value().into_iter().flatten() {
        if let Some(problem) = naming::group_problem(text) {
            errors.at(literal, format!("group {text:?} {problem}; {}", naming::name_fix(text)));
        } else if seen.contains(&text.as_str()) {
            errors.at(literal, format!("group {text:?} is named twice; remove one of them"));
        }
        seen.push(text);
    }
}

/// Which probes it belongs to, and what has no effect there.
fn validate_probes(options: &CheckOptions, errors: &mut Errors) {
    let (readiness, startup, liveness) = (&options.readiness, &options.startup, &options.liveness);
    if !liveness.is_given() {
        let reasons = [options.in_process.key(), options.restart_helps.key()];
        for key in reasons.into_iter().flatten() {
            errors.at(
                key,
                format!("`{key}` has no effect outside of the liveness probe; add `liveness` or remove `{key}`"),
            );
        }
    }
    if let Some(critical) = options.critical.key()
        && (liveness.is_given() || startup.is_given())
        && !readiness.is_given()
    {
        let probes = match (liveness.is_given(), startup.is_given()) {
            (true, true) => "probes of liveness and startup, where every failure counts",
            (true, false) => "liveness probe alone, where every failure counts",
            _ => "startup probe alone, which waits for every check",
        };
        let both = if options.fail_open.is_given() {
            "`critical` and `fail_open`"
        } else {
            "`critical`"
        };
        errors.at(
            critical,
            format!("`critical` has no effect on a check of the {probes}; remove {both}"),
        );
    }
    if let Some(interval) = options.interval.key()
        && startup.is_given()
        && !readiness.is_given()
        && !liveness.is_given()
    {
        errors.at(
            interval,
            "`interval` does not go with a check of the startup probe alone, because it ends once it has passed; remove \
             `interval`, or add `readiness`",
        );
    }
}

/// What is to happen when it fails.
fn validate_failing(options: &CheckOptions, errors: &mut Errors) {
    if let (Some(fail_open), false) = (options.fail_open.key(), options.critical.is_given()) {
        let elsewhere = options.liveness.is_given() || options.startup.is_given();
        errors.at(
            fail_open,
            if elsewhere && !options.readiness.is_given() {
                "`fail_open` has no effect on a check that is not in the readiness probe; remove `fail_open`"
            } else {
                "`fail_open` has no effect without `critical`, because the failure of other checks only degrades anyway; \
                 add `critical` or remove `fail_open`"
            },
        );
    }
    if let Some(breaker) = options.breaker.value() {
        validate_failures(options, breaker, errors);
        validate_reset(options, breaker, errors);
    }
}

/// A breaker that opens sooner than the check counts as failed would hide that it fails.
fn validate_failures(options: &CheckOptions, breaker: &BreakerOptions, errors: &mut Errors) {
    let Some(threshold) = options
        .failure_threshold
        .value()
        .filter(|_| !breaker.failures.is_refused())
    else {
        return;
    };
    let (failures, threshold) = (breaker.failures.value(), threshold.count);
    let count = failures.map_or(DEFAULT_FAILURES, |failures| failures.count);
    if count >= threshold {
        return;
    }
    let why = format!("so the breaker opens before `failure_threshold`, which is {threshold}, is reached");
    match failures {
        Some(failures) => errors.at(
            &failures.literal,
            format!("`failures` is {count}, {why}; write at least `failures = {threshold}`"),
        ),
        None => errors.at(
            options.breaker.key(),
            format!("`failures` is {count} by default, {why}; write `breaker(failures = {threshold})` or more"),
        ),
    }
}

/// A breaker leaves out the runs that are due while it is open.
fn validate_reset(options: &CheckOptions, breaker: &BreakerOptions, errors: &mut Errors) {
    let Some(interval) = options.interval.value().filter(|_| !breaker.reset.is_refused()) else {
        return;
    };
    let interval = interval.time;
    let why = format!(
        "and the check runs every {}, so an open breaker would leave no run out",
        show(interval)
    );
    match breaker.reset.value() {
        Some(reset) if reset.time <= interval => errors.at(
            &reset.literal,
            format!(
                "`reset` is {}, {why}; lengthen `reset` or remove `breaker`",
                show(reset.time)
            ),
        ),
        None if DEFAULT_RESET <= interval => errors.at(
            options.breaker.key(),
            format!(
                "`reset` is {} by default, {why}; write `breaker(reset = \"...\")` with a longer time, or remove \
                 `breaker`",
                show(DEFAULT_RESET)
            ),
        ),
        _ => {}
    }
}
