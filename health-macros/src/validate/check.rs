//! Validates the options of one check against each other.

use crate::model::{BreakerOptions, Check, CheckOptions, StateOptions};
use crate::util::errors::Errors;
use crate::validate::durations;

/// The default of `failures` of a breaker.
pub(crate) const DEFAULT_FAILURES: u32 = 5;

/// A nested field takes no other option than `name`.
pub(crate) fn validate_nested(options: &CheckOptions, errors: &mut Errors) {
    for key in &options.given {
        if key == "with" {
            errors.at(
                key,
                "`with` cannot be used with `nested`: `with` names a function that checks the field, `nested` takes in the \
                 field's own checks; remove one of them",
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

/// A function in the liveness probe needs exactly one reason: `in_process` or `restart_helps`.
pub(crate) fn validate_reason(options: &CheckOptions, what: &str, errors: &mut Errors) {
    let Some(liveness) = options.liveness.key() else { return };
    let (in_process, restart_helps) = (&options.in_process, &options.restart_helps);
    if let (true, Some(restart_helps)) = (in_process.is_given(), restart_helps.key()) {
        errors.at(
            restart_helps,
            "`restart_helps` has no effect beside `in_process`: `in_process` says that the check looks only at this \
             process, `restart_helps` says why a restart helps although the check looks elsewhere; remove one of them",
        );
    } else if in_process.is_absent() && restart_helps.is_absent() {
        errors.at(
            liveness,
            format!(
                "`liveness` on {what} needs a reason, because failing it restarts the process; add `in_process` if it \
                 looks only at this process, or `restart_helps = \"why\"`, or leave `liveness` out"
            ),
        );
    }
}

/// The rules for fields and functions.
pub(crate) fn validate_check(check: &Check<'_>, defaults: &StateOptions, errors: &mut Errors) {
    durations::validate_check(&check.options, defaults, errors);
    validate_reasons(check, errors);
    validate_probes(&check.options, errors);
    validate_failing(&check.options, errors);
}

/// `in_process` and `restart_helps` have an effect only in the liveness probe.
fn validate_reasons(check: &Check<'_>, errors: &mut Errors) {
    let options = &check.options;
    if !options.liveness.is_absent() {
        return;
    }
    // On a field without a function, `in_process` is wrong in every probe. `validate_own` reports that.
    let in_process = options.in_process.key().filter(|_| check.is_function());
    for key in [in_process, options.restart_helps.key()].into_iter().flatten() {
        errors.at(
            key,
            format!("`{key}` has no effect outside of the liveness probe; add `liveness` or remove `{key}`"),
        );
    }
}

/// Reports `critical` and `interval` if they do not fit the probes of the check.
fn validate_probes(options: &CheckOptions, errors: &mut Errors) {
    let (readiness, startup, liveness) = (&options.readiness, &options.startup, &options.liveness);
    if options.has_refused_probe() {
        return;
    }
    if let Some(critical) = options.critical.key()
        && (liveness.is_given() || startup.is_given())
        && readiness.is_absent()
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
            format!("`critical` has no effect on a check of the {probes}; remove {both}, or add `readiness`"),
        );
    }
    if let Some(interval) = options.interval.key().filter(|_| options.is_startup_only()) {
        errors.at(
            interval,
            "`interval` has no effect on a check of the startup probe alone, because that check stops running once the \
             service has started; remove `interval`, or add `readiness`",
        );
    }
}

/// Validates `fail_open` and `breaker`.
fn validate_failing(options: &CheckOptions, errors: &mut Errors) {
    let needs_critical = options.critical.is_absent() && !options.has_refused_probe();
    if let (Some(fail_open), true) = (options.fail_open.key(), needs_critical) {
        let elsewhere = options.liveness.is_given() || options.startup.is_given();
        errors.at(
            fail_open,
            if elsewhere && options.readiness.is_absent() {
                "`fail_open` has no effect on a check that is not in the readiness probe; remove `fail_open`"
            } else {
                "`fail_open` has no effect without `critical`, because the failure of other checks only degrades anyway; \
                 add `critical` or remove `fail_open`"
            },
        );
    }
    if let Some(breaker) = options.breaker.value() {
        validate_failures(options, breaker, errors);
    }
}

/// A breaker must not open before the check counts as failed, because it would hide the failure.
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
