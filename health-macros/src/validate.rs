//! The rules across options and across fields.

use std::time::Duration;

use syn::ext::IdentExt;
use syn::{Data, GenericParam, Member};

use crate::duration::show;
use crate::errors::Errors;
use crate::model::{Check, Setting, State, StateOptions, Text, Time};
use crate::naming;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// Reports everything that is declared and cannot be meant.
pub(crate) fn validate(state: &State<'_>, errors: &mut Errors) {
    validate_shape(state, errors);
    validate_service(&state.options, errors);
    for check in &state.checks {
        validate_name(check, errors);
        validate_texts(check, errors);
        validate_times(check, &state.options, errors);
        validate_liveness(check, errors);
    }
    validate_unique(&state.checks, errors);
}

fn validate_shape(state: &State<'_>, errors: &mut Errors) {
    let way_out = "derive it on the struct that holds the service's state, and implement `HealthCheck` for this type if \
                   it is one of its fields";
    match &state.input.data {
        Data::Struct(_) => {}
        Data::Enum(data) => {
            errors.at(
                data.enum_token,
                format!("`HealthState` cannot be derived for an enum; {way_out}"),
            );
        }
        Data::Union(data) => {
            errors.at(
                data.union_token,
                format!("`HealthState` cannot be derived for a union; {way_out}"),
            );
        }
    }
    for param in &state.input.generics.params {
        if let GenericParam::Lifetime(param) = param {
            let lifetime = &param.lifetime;
            errors.at(
                lifetime,
                format!(
                    "a health state cannot borrow for `{lifetime}`, because its checks run for as long as the process \
                     lives; own the data, for example in an `Arc`"
                ),
            );
        }
    }
}

fn validate_service(options: &StateOptions, errors: &mut Errors) {
    for (key, setting) in [("name", &options.name), ("version", &options.version)] {
        let Some(Text { text, literal }) = setting.value() else {
            continue;
        };
        if let Some(wrong) = naming::label_problem(text) {
            errors.at(literal, format!("`{key}` {wrong}"));
        }
    }
    if let Some(Text { text, literal }) = options.prefix.value()
        && let Some(wrong) = naming::prefix_problem(text)
    {
        errors.at(literal, wrong);
    }
    validate_refresh(&options.interval, &options.ttl, errors);
    validate_timeout(options.timeout.value(), options.interval.value(), errors);
}

fn validate_name(check: &Check<'_>, errors: &mut Errors) {
    let Some((name, said)) = check.name() else {
        if !check.options.name.is_given() {
            errors.at(
                check.attribute,
                "a field of a tuple struct has no name to report; add `name = \"...\"`",
            );
        }
        return;
    };
    let Some(problem) = naming::name_problem(&name) else {
        return;
    };
    let fix = match naming::similar(&name) {
        Some(similar) if check.options.name.is_given() => format!("; did you mean \"{similar}\"?"),
        Some(similar) => format!("; add `name = \"{similar}\"`"),
        None if check.options.name.is_given() => String::new(),
        None => "; add `name = \"...\"`".into(),
    };
    let what = if check.options.name.is_given() {
        format!("name \"{name}\"")
    } else {
        format!("check name `{name}`")
    };
    errors.at(said, format!("{what} {problem}{fix}"));
}

fn validate_texts(check: &Check<'_>, errors: &mut Errors) {
    let options = &check.options;
    if let Some(text) = options.description.value().filter(|text| text.text.trim().is_empty()) {
        errors.at(
            &text.literal,
            "`description` is empty; say what is checked, or leave it out",
        );
    }
    if let Some(text) = options.restart_helps.value().filter(|text| text.text.trim().is_empty()) {
        errors.at(
            &text.literal,
            "`restart_helps` is empty; say why a restart of this process mends what is checked",
        );
    }
}

fn validate_times(check: &Check<'_>, defaults: &StateOptions, errors: &mut Errors) {
    let options = &check.options;
    validate_refresh(&options.interval, &options.ttl, errors);
    validate_timeout(options.timeout.value(), options.interval.value(), errors);
    validate_max_age(check, defaults, errors);
}

fn validate_refresh(interval: &Setting<Time>, ttl: &Setting<Time>, errors: &mut Errors) {
    if let (Some(_), Some(ttl)) = (interval.key(), ttl.key()) {
        errors.at(
            ttl,
            "`ttl` cannot be used with `interval`, because a check runs either on demand or in the background; remove \
             one of them",
        );
    }
}

fn validate_timeout(timeout: Option<&Time>, interval: Option<&Time>, errors: &mut Errors) {
    if let (Some(timeout), Some(interval)) = (timeout, interval)
        && timeout.time >= interval.time
    {
        let interval = show(interval.time);
        errors.at(
            &timeout.literal,
            format!(
                "`timeout` must be shorter than `interval`, which is {interval}, so that one run ends before the next \
                 begins; shorten `timeout` or lengthen `interval`"
            ),
        );
    }
}

/// A result is replaced one interval and one run after it was made: a smaller `max_age` makes it stale while all is
/// well.
fn validate_max_age(check: &Check<'_>, defaults: &StateOptions, errors: &mut Errors) {
    let options = &check.options;
    let Some(max_age) = options.max_age.value() else {
        return;
    };
    let own = [&options.timeout, &options.interval, &options.ttl];
    let inherited = [&defaults.timeout, &defaults.interval, &defaults.ttl];
    let refused = own.into_iter().chain(inherited).any(Setting::is_refused);
    if refused || (options.interval.is_given() && options.ttl.is_given()) {
        return; // What it would be compared with is itself in error.
    }
    let timeout = Bound::of("timeout", &options.timeout, &defaults.timeout);
    let interval = Bound::of("interval", &options.interval, &defaults.interval);
    let ttl = Bound::of("ttl", &options.ttl, &defaults.ttl).filter(|_| !options.interval.is_given());
    let (timeout, refresh) = if let Some(ttl) = ttl {
        (timeout.unwrap_or(Bound::default("timeout", DEFAULT_TIMEOUT)), ttl)
    } else {
        settle(timeout, interval)
    };
    let least = refresh.time + timeout.time;
    if max_age.time < least {
        errors.at(
            &max_age.literal,
            format!(
                "`max_age` must be at least \"{}\", or a result turns stale before the next one is there: {refresh}, \
                 {timeout}",
                show(least)
            ),
        );
    }
}

/// Applies the defaults: an interval of 5 s, or twice a longer timeout; a timeout of 2 s, or a shorter interval. What
/// stands on the field wins over the struct's.
fn settle(timeout: Option<Bound>, interval: Option<Bound>) -> (Bound, Bound) {
    let mut timeout = timeout.unwrap_or(Bound::default("timeout", DEFAULT_TIMEOUT));
    let mut interval = interval.unwrap_or(Bound::default("interval", DEFAULT_INTERVAL));
    if timeout.source == Source::Field && interval.source != Source::Field {
        let twice = timeout.time * 2;
        if interval.time <= timeout.time || (interval.source == Source::Default && interval.time < twice) {
            interval = Bound::default("interval", twice);
        }
    } else if interval.time < timeout.time {
        if timeout.source == Source::Struct && interval.source == Source::Default {
            interval = Bound::default("interval", timeout.time * 2);
        } else {
            timeout = Bound::default("timeout", interval.time);
        }
    } else if interval.source == Source::Default && interval.time < timeout.time * 2 {
        interval.time = timeout.time * 2;
    }
    (timeout, interval)
}

/// A duration that holds for a check, and where it comes from.
struct Bound {
    name: &'static str,
    time: Duration,
    source: Source,
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Field,
    Struct,
    Default,
}

impl Bound {
    fn of(name: &'static str, own: &Setting<Time>, inherited: &Setting<Time>) -> Option<Self> {
        let own = own.value().map(|time| (time.time, Source::Field));
        let (time, source) = own.or_else(|| inherited.value().map(|time| (time.time, Source::Struct)))?;
        Some(Self { name, time, source })
    }

    fn default(name: &'static str, time: Duration) -> Self {
        Self {
            name,
            time,
            source: Source::Default,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is {}", self.name, show(self.time))?;
        f.write_str(match self.source {
            Source::Field => "",
            Source::Struct => " from `#[health(...)]`",
            Source::Default => " by default",
        })
    }
}

fn validate_liveness(check: &Check<'_>, errors: &mut Errors) {
    let options = &check.options;
    let Some(liveness) = options.liveness.key() else {
        for key in [options.in_process.key(), options.restart_helps.key()]
            .into_iter()
            .flatten()
        {
            errors.at(
                key,
                format!("`{key}` has no effect outside of the liveness probe; add `liveness` or remove `{key}`"),
            );
        }
        return;
    };
    match (options.in_process.key(), options.restart_helps.key()) {
        (Some(in_process), _) if !options.with.is_given() => errors.at(
            in_process,
            "`in_process` is for checks with `with`, because a type says it of itself: `impl InProcess for Type {}`; \
             remove `in_process`",
        ),
        (Some(_), Some(restart_helps)) => errors.at(
            restart_helps,
            "`restart_helps` has no effect beside `in_process`, which says it already; remove one of them",
        ),
        (None, None) if options.with.is_given() => errors.at(
            liveness,
            "a check with `with` needs a reason to stand in the liveness probe, because what fails there restarts the \
             process, and a dependency that is down would restart the whole fleet;\nadd `in_process` if it looks only \
             at this process, or `restart_helps = \"why\"`, or leave `liveness` out",
        ),
        _ => {}
    }
    if let Some(critical) = options.critical.key()
        && !options.readiness.is_given()
        && !options.startup.is_given()
    {
        errors.at(
            critical,
            "`critical` has no effect on a check of the liveness probe alone, where every failure counts; remove \
             `critical`",
        );
    }
}

fn validate_unique(checks: &[Check<'_>], errors: &mut Errors) {
    let mut seen: Vec<(String, &Check<'_>)> = Vec::new();
    for check in checks {
        let Some((name, said)) = check.name() else { continue };
        match seen.iter().find(|(other, _)| *other == name) {
            Some((_, first)) => {
                let first = match &first.member {
                    Member::Named(ident) => ident.unraw().to_string(),
                    Member::Unnamed(index) => index.index.to_string(),
                };
                errors.at(
                    said,
                    format!("two health checks are named `{name}`, the first is field `{first}`; rename one with `name = \"...\"`"),
                );
            }
            None => seen.push((name, check)),
        }
    }
}
