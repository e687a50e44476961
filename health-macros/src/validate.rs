//! The rules across options and across fields.

use syn::ext::IdentExt;
use syn::{Data, GenericParam, Member};

use crate::errors::Errors;
use crate::model::{Check, State, StateOptions, Text};
use crate::{naming, timing};

/// Reports everything that is declared and cannot be meant.
pub(crate) fn validate(state: &State<'_>, errors: &mut Errors) {
    validate_shape(state, errors);
    validate_service(&state.options, errors);
    for check in &state.checks {
        validate_name(check, errors);
        validate_texts(check, errors);
        timing::validate_check(check, &state.options, errors);
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
    timing::validate_defaults(options, errors);
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
    if check.options.name.is_given() {
        errors.at(said, format!("name {name:?} {problem}; {}", naming::name_fix(&name)));
    } else {
        let example = naming::similar(&name).unwrap_or_else(|| "...".into());
        errors.at(
            said,
            format!("field name `{name}` {problem}; add `name = \"{example}\"`"),
        );
    }
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
