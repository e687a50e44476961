//! The rules of the derive, applied at the start to checks and options that are added by hand.
//!
//! health-macros has the same rules for tokens. A test there compares both.

use std::collections::HashSet;
use std::time::Duration;

use crate::naming;
use crate::spec::times::{LATENESS, idles};
use crate::spec::{Breaker, CheckSpec, Defaults, Probe, Refresh, ServiceSpec, Times};
use crate::start_error::StartError;

const SHORTEST: Duration = Duration::from_millis(1);
/// Longer durations are mistakes, such as hours instead of seconds.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The runtime gets four beats in this time.
const SHORTEST_STALL: Duration = Duration::from_secs(1);
/// A higher threshold would hide an outage.
const MOST_RUNS: u32 = 100;

/// The text of an error: what is wrong, and how to fix it.
type Checked = Result<(), String>;

/// Refuses a check with an option beyond a limit, or with options that contradict each other.
pub(crate) fn validate_check(spec: &CheckSpec, defaults: Defaults) -> Result<(), StartError> {
    let validate = || {
        validate_texts(spec)?;
        validate_depends_on(spec)?;
        validate_own_times(spec)?;
        validate_counts(spec)?;
        validate_probes(spec)?;
        validate_failing(spec)?;
        validate_times(spec, defaults)
    };
    validate().map_err(|problem| StartError::Check {
        name: spec.name().to_owned(),
        problem,
    })
}

/// Refuses a service with an option beyond a limit, or with options that contradict each other.
pub(crate) fn validate_service(service: &ServiceSpec) -> Result<(), StartError> {
    let validate = || {
        validate_defaults(service.defaults)?;
        validate_time("probe_budget", Some(service.probe_budget), SHORTEST)?;
        validate_time("drain", Some(service.drain), Duration::ZERO)?;
        validate_time("shutdown_grace", Some(service.shutdown_grace), SHORTEST)?;
        validate_stalled_after(service.stalled_after)?;
        #[cfg(feature = "token")]
        validate_operator(service)?;
        service.paths.problem().map_or(Ok(()), Err)
    };
    validate().map_err(StartError::Service)
}

/// Refuses controls that anybody on the internal network could use.
#[cfg(feature = "token")]
fn validate_operator(service: &ServiceSpec) -> Checked {
    if service.operator_controls && service.internal_token.is_none() {
        return Err(
            "`operator_controls` needs a token, so that only operators can hold readiness; add `internal_token`".into(),
        );
    }
    Ok(())
}

/// Refuses invalid default times of a struct.
pub(crate) fn validate_defaults(defaults: Defaults) -> Checked {
    validate_time("timeout", defaults.timeout, SHORTEST)?;
    validate_refresh(defaults.refresh)?;
    validate_timeout(defaults.timeout, defaults.refresh)
}

/// Refuses an invalid name or version that the builder sets.
pub(crate) fn validate_label(option: &str, text: &str) -> Result<(), StartError> {
    refuse_label(option, naming::label_problem(option, text))
}

/// Refuses an invalid name or version of a struct. The derive takes them from `Cargo.toml` if the struct declares none.
pub(crate) fn validate_package(service: &ServiceSpec) -> Result<(), StartError> {
    let refuse = |option, text| refuse_label(option, naming::package_label_problem(option, text));
    refuse("name", &service.name)?;
    refuse("version", &service.version)
}

fn refuse_label(option: &str, problem: Option<String>) -> Result<(), StartError> {
    problem.map_or(Ok(()), |problem| {
        Err(StartError::Service(format!("`{option}` {problem}")))
    })
}

fn validate_texts(spec: &CheckSpec) -> Checked {
    let is_blank = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
    if is_blank(spec.texts().description.as_deref()) {
        return Err("`description` is empty; say what is checked, or leave it out".into());
    }
    if is_blank(spec.texts().restart_helps.as_deref()) {
        return Err(
            "`restart_helps` is empty; say why a restart of this process fixes what is checked, or leave it out".into(),
        );
    }
    if let Some(problem) = spec.texts().runbook.as_deref().and_then(naming::url_problem) {
        return Err(format!("`runbook` {problem}"));
    }
    for (index, group) in spec.texts().groups.iter().enumerate() {
        if !naming::is_name(group) {
            return Err(format!(
                "group {group:?} is not a valid name; begin with `a`-`z` or `0`-`9`, and write at most 64 of those, `_`, \
                 `.` and `-`"
            ));
        }
        if spec.texts().groups[..index].contains(group) {
            return Err(format!("group {group:?} is named twice; remove one of them"));
        }
    }
    Ok(())
}

/// Refuses a name that no check can have, or that is given twice. The start looks for the checks.
fn validate_depends_on(spec: &CheckSpec) -> Checked {
    let mut seen = HashSet::new();
    for name in &spec.texts().depends_on {
        if !naming::is_full_name(name) {
            return Err(format!(
                "`depends_on` names {name:?}, which is not a valid name of a check; write one such as \"db\" or \
                 \"billing.ledger\""
            ));
        }
        if !seen.insert(name) {
            return Err(format!("{name:?} is named twice in `depends_on`; remove one of them"));
        }
    }
    Ok(())
}

/// Refuses a duration of the check itself that is beyond a limit.
fn validate_own_times(spec: &CheckSpec) -> Checked {
    validate_time("timeout", spec.timeout, SHORTEST)?;
    validate_refresh(spec.refresh)?;
    validate_timeout(spec.timeout, spec.refresh)?;
    validate_time("max_age", spec.max_age, SHORTEST)?;
    validate_time("degraded_after", spec.degraded_after, SHORTEST)
}

fn validate_time(option: &str, time: Option<Duration>, least: Duration) -> Checked {
    let Some(time) = time else { return Ok(()) };
    if time < least {
        return Err(format!(
            "`{option}` is {time:?}; write at least `Duration::from_millis({})`, or leave `{option}` out",
            least.as_millis()
        ));
    }
    if time > LONGEST {
        return Err(format!(
            "`{option}` is {time:?}, which is too long; write at most `Duration::from_secs(24 * 60 * 60)`, or leave `{option}` out"
        ));
    }
    Ok(())
}

fn validate_refresh(refresh: Option<Refresh>) -> Checked {
    match refresh {
        Some(Refresh::Interval(interval)) => validate_time("interval", Some(interval), SHORTEST),
        Some(Refresh::Ttl(ttl)) => validate_time("ttl", Some(ttl), Duration::ZERO),
        None => Ok(()),
    }
}

fn validate_timeout(timeout: Option<Duration>, refresh: Option<Refresh>) -> Checked {
    if let (Some(timeout), Some(Refresh::Interval(interval))) = (timeout, refresh)
        && timeout >= interval
    {
        return Err(format!(
            "`timeout` ({timeout:?}) must be shorter than `interval`, which is {interval:?}, so that one run ends before \
             the next begins; shorten `timeout` or lengthen `interval`"
        ));
    }
    Ok(())
}

fn validate_stalled_after(stalled_after: Option<Duration>) -> Checked {
    if let Some(stalled_after) = stalled_after.filter(|stalled_after| *stalled_after < SHORTEST_STALL) {
        return Err(format!(
            "`stalled_after` is {stalled_after:?}, which is shorter than 1s, so any busy moment would fail liveness and restart \
             the process; write at least `.stalled_after(Duration::from_secs(1))`"
        ));
    }
    validate_time("stalled_after", stalled_after, SHORTEST_STALL)
}

fn validate_counts(spec: &CheckSpec) -> Checked {
    validate_count("failure_threshold", spec.failure_threshold)?;
    validate_count("success_threshold", spec.success_threshold)?;
    let Some(breaker) = spec.breaker else { return Ok(()) };
    validate_count("failures", breaker.failures)?;
    validate_count("successes", breaker.successes)?;
    validate_time("reset", Some(breaker.reset), SHORTEST)
}

fn validate_count(option: &str, count: u32) -> Checked {
    match count {
        0 => Err(format!(
            "`{option}` cannot be 0; write 1 or more, or leave `{option}` out"
        )),
        1..=MOST_RUNS => Ok(()),
        _ => Err(format!(
            "`{option}` is {count}, which is too large; write at most {MOST_RUNS}, or leave `{option}` out"
        )),
    }
}

/// Refuses options that have no effect in the probes of the check.
fn validate_probes(spec: &CheckSpec) -> Checked {
    let [readiness, startup, liveness] =
        [Probe::Readiness, Probe::Startup, Probe::Liveness].map(|probe| spec.is_in(probe));
    let reasons = [
        ("in_process", spec.in_process),
        ("restart_helps", spec.texts().restart_helps.is_some()),
    ];
    if let Some((reason, _)) = reasons.iter().find(|(_, given)| *given && !liveness) {
        return Err(format!(
            "`{reason}` has no effect outside of the liveness probe; add `.liveness()` or remove `{reason}`"
        ));
    }
    if spec.in_process && spec.texts().restart_helps.is_some() {
        return Err(
            "`restart_helps` has no effect beside `in_process`, which already means that a restart helps; remove one of them".into(),
        );
    }
    if spec.critical && !readiness {
        let probes = match (liveness, startup) {
            (true, true) => "probes of liveness and startup, where every failure counts",
            (true, false) => "liveness probe alone, where every failure counts",
            _ => "startup probe alone, which waits for every check",
        };
        let both = if spec.fail_open {
            "`critical` and `fail_open`"
        } else {
            "`critical`"
        };
        return Err(format!(
            "`critical` has no effect on a check of the {probes}; remove {both}, or add `.readiness()`"
        ));
    }
    if spec.is_startup_only() && matches!(spec.refresh, Some(Refresh::Interval(_))) {
        return Err(
            "`interval` has no effect on a check of the startup probe alone, because that check stops running once the \
             service has started; remove `interval`, or add `.readiness()`"
                .into(),
        );
    }
    Ok(())
}

/// Refuses a `fail_open` that has no effect, and a breaker that opens before `failure_threshold` is reached.
fn validate_failing(spec: &CheckSpec) -> Checked {
    if spec.fail_open && !spec.critical {
        return Err(if spec.is_in(Probe::Readiness) {
            "`fail_open` has no effect without `critical`, because the failure of other checks only degrades anyway; add \
             `.critical()` or remove `fail_open`"
                .into()
        } else {
            "`fail_open` has no effect on a check that is not in the readiness probe; remove `fail_open`".into()
        });
    }
    let Some(Breaker { failures, .. }) = spec.breaker else {
        return Ok(());
    };
    let threshold = spec.failure_threshold;
    // An open breaker makes the check unhealthy at once, so a higher threshold would never be reached.
    if failures < threshold {
        return Err(format!(
            "the breaker's `failures` is {failures}, so it opens before `failure_threshold`, which is {threshold}, is \
             reached; write at least `.failures({threshold})`"
        ));
    }
    Ok(())
}

/// Compares `max_age`, `degraded_after` and the `reset` of a breaker with the times that apply to the check. [`Times`]
/// has already replaced defaults that do not fit, if that helps.
fn validate_times(spec: &CheckSpec, defaults: Defaults) -> Checked {
    let times = Times::new(spec, defaults);
    let inherited = defaults.timeout == Some(times.timeout);
    let timeout = shown(times.timeout, spec.timeout.is_some(), inherited);
    let least = times.least_max_age();
    if times.max_age < least {
        let inherited = defaults.refresh == Some(times.refresh);
        let shown = |time| shown(time, spec.refresh.is_some(), inherited);
        let wait = match times.refresh {
            Refresh::Interval(interval) => format!("`interval` ({}) plus 10 % jitter", shown(interval)),
            Refresh::Ttl(ttl) => format!("`ttl` ({})", shown(ttl)),
        };
        let fix = if least > LONGEST {
            "leave `max_age` out".into()
        } else {
            format!(
                "write at least `.max_age(Duration::from_millis({}))`",
                least.as_millis()
            )
        };
        return Err(format!(
            "`max_age` ({:?}) is too short: a result is replaced only after {wait}, `timeout` ({timeout}) and \
             {LATENESS:?} of delay, so it would turn stale while every run passes; {fix}",
            times.max_age
        ));
    }
    if spec.degraded_after.is_some_and(|limit| limit >= times.timeout) {
        return Err(format!(
            "`degraded_after` must be shorter than `timeout` ({timeout}), because a slower run has failed by then; \
             shorten `degraded_after` or lengthen `timeout`"
        ));
    }
    if let (Some(breaker), Refresh::Interval(interval), true) =
        (spec.breaker, times.refresh, idles(spec, times.refresh))
    {
        let inherited = defaults.refresh == Some(times.refresh);
        return Err(format!(
            "the breaker's `reset` is {:?}, which is not longer than `interval` ({}), so an open breaker would skip no run; \
             lengthen `reset` or remove `breaker`",
            breaker.reset,
            shown(interval, spec.refresh.is_some(), inherited)
        ));
    }
    Ok(())
}

/// A time, and where it comes from if the check itself does not declare it.
fn shown(time: Duration, own: bool, inherited: bool) -> String {
    match (own, inherited) {
        (true, _) => format!("{time:?}"),
        (false, true) => format!("{time:?} from the struct or the builder"),
        (false, false) => format!("{time:?} by default"),
    }
}

#[cfg(test)]
mod tests;
