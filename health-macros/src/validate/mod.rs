//! The rules for a struct and for a function as a whole. Parsing already refuses a value that is wrong by itself.
//!
//! ```text
//! signature     the form of a struct and of a function
//! check         the options of one check against each other
//! dependencies  the checks that a check depends on
//! durations     the durations of a check, or of the struct, against each other
//! places        the paths of the probes against each other
//! text          the form of names, paths and URLs
//! ```

pub(crate) mod check;
mod dependencies;
pub(crate) mod durations;
mod places;
pub(crate) mod signature;
pub(crate) mod text;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use proc_macro2::Ident;
use syn::Member;
use syn::ext::IdentExt;

use self::check::{validate_check, validate_nested, validate_reason};
use crate::model::{Check, CheckOptions, Field, Function, Path, StateOptions, StateStruct};
use crate::util::errors::Errors;
use crate::util::tokens::show_type;

/// Reports all mistakes of a struct.
pub(crate) fn validate_state(state: &StateStruct<'_>, errors: &mut Errors) {
    signature::validate_struct(state.input, errors);
    validate_service(state, errors);
    for field in &state.fields {
        validate_field_name(field, errors);
        validate_field(field, errors);
        if field.check.options.nested.is_absent() {
            validate_check(&field.check, &state.options, errors);
        }
    }
    validate_unique(&state.fields, errors);
    dependencies::validate_fields(state, errors);
}

/// Reports all mistakes of a function.
pub(crate) fn validate_function(function: &Function<'_>, errors: &mut Errors) {
    signature::validate_signature(function.signature, errors);
    let (check, options) = (&function.check, &function.check.options);
    validate_name(check, errors);
    dependencies::validate_function(check, errors);
    if let (Some(blocking), Some(_)) = (options.blocking.key(), function.signature.asyncness) {
        errors.at(
            blocking,
            "`blocking` is for a plain `fn`, because an `async fn` waits without blocking its thread; remove `blocking`, \
             or remove `async`",
        );
    }
    validate_reason(options, "a function", errors);
    // The defaults of the structs that name this function are unknown here. At the start, a default that does not fit
    // is replaced.
    validate_check(check, &StateOptions::default(), errors);
}

fn validate_service(state: &StateStruct<'_>, errors: &mut Errors) {
    durations::validate_defaults(&state.options, errors);
    places::validate_places(&state.options, errors);
    if let Some(paths) = state.options.checks.value() {
        validate_paths(paths, &state.input.ident, errors);
    }
}

/// `checks(...)` takes free functions, each once.
fn validate_paths(paths: &[Path], state: &Ident, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for Path { tokens, last } in paths {
        let path = show_type(tokens);
        // `r#` and a leading `self::` make no difference, so the comparison leaves them out.
        let plain = path.replace("r#", "");
        let plain = plain.strip_prefix("self::").unwrap_or(&plain).to_owned();
        let is_keyword = ["crate", "self", "super", "Self"].iter().any(|word| last == word);
        let is_of_type = ["Self".to_owned(), state.to_string()]
            .iter()
            .any(|ty| plain.split_once("::").is_some_and(|(first, _)| first == ty));
        if is_keyword {
            errors.at(
                tokens,
                format!(
                    "`checks` takes functions, and `{path}` is not a function; write for example `checks(path::to::function)`"
                ),
            );
        } else if is_of_type {
            errors.at(
                tokens,
                format!("`checks` takes free functions, not those of a type; move `{last}` out of the `impl` and write `checks({last})`"),
            );
        } else if path.contains('<') {
            errors.at(
                tokens,
                format!(
                    "`checks` takes functions without type arguments, which follow from the state; write `checks({})`",
                    before_arguments(&path, last)
                ),
            );
        }
        if seen.contains(&plain) {
            errors.at(
                tokens,
                format!("`{path}` is named twice in `checks`; remove one of them"),
            );
        }
        seen.push(plain);
    }
}

/// `queue::depth` for `queue::depth::<u8>`, but `depth` for `<Queue as Depth>::depth`.
fn before_arguments(path: &str, last: &Ident) -> String {
    match path.split_once("::<") {
        Some((before, _)) if !before.starts_with('<') => before.to_owned(),
        _ => last.to_string(),
    }
}

fn validate_field_name(field: &Field<'_>, errors: &mut Errors) {
    let check = &field.check;
    if check.name().is_none() && check.options.name.is_absent() {
        errors.at(
            field.attribute,
            "a field of a tuple struct has no name to report; add `name = \"...\"`",
        );
    }
    validate_name(check, errors);
    // The checks inside are named `name.check`.
    if check.options.nested.is_given()
        && let Some((name, said)) = check.name()
        && name.contains('.')
    {
        let fix = name.replace('.', "-");
        errors.at(
            said,
            format!("the name of a `nested` field cannot contain `.`, which separates it from the names of its checks; did you mean \"{fix}\"?"),
        );
    }
}

fn validate_name(check: &Check<'_>, errors: &mut Errors) {
    if let Some((ident, wrong)) = name_error(check) {
        errors.at(ident, wrong);
    }
}

/// What is wrong with the name of the field or function, if the check takes its name from there.
fn name_error<'a>(check: &'a Check<'_>) -> Option<(&'a Ident, String)> {
    let ident = check.ident.filter(|_| check.options.name.is_absent())?;
    let wrong = text::implicit_name_error(&ident.unraw().to_string(), check.place.word())?;
    Some((ident, wrong))
}

/// The rules for fields only. They depend on what checks the field: its type, a function, or the checks inside.
fn validate_field(field: &Field<'_>, errors: &mut Errors) {
    let options = &field.check.options;
    if options.nested.is_given() {
        validate_nested(options, errors);
    } else if options.nested.is_refused() {
        // Unknown whether the field is nested, so no rule applies.
    } else if options.with.is_given() {
        validate_reason(options, "a check with `with`", errors);
    } else if options.with.is_absent() {
        validate_own(options, errors);
    }
}

/// The rules for a field that its own type checks.
fn validate_own(options: &CheckOptions, errors: &mut Errors) {
    if let Some(blocking) = options.blocking.key() {
        errors.at(
            blocking,
            "`blocking` is for a function that blocks; name it with `with = path`, or remove `blocking`, because the \
             type's own check is async",
        );
    }
    if let Some(in_process) = options.in_process.key() {
        errors.at(
            in_process,
            "`in_process` is for checks with `with`; a type that checks itself declares it by `impl InProcess for Type {}`; \
             remove `in_process`",
        );
    }
}

fn validate_unique(fields: &[Field<'_>], errors: &mut Errors) {
    let mut seen: HashMap<String, &Member> = HashMap::new();
    for field in fields {
        let valid = field.check.name().filter(|_| name_error(&field.check).is_none());
        let Some((name, said)) = valid else { continue };
        match seen.entry(name) {
            Entry::Vacant(free) => {
                free.insert(&field.member);
            }
            Entry::Occupied(first) => {
                let name = first.key();
                let first = match first.get() {
                    Member::Named(ident) => ident.unraw().to_string(),
                    Member::Unnamed(index) => index.index.to_string(),
                };
                errors.at(
                    said,
                    format!("two health checks are named `{name}`, the first is field `{first}`; rename one with `name = \"...\"`"),
                );
            }
        }
    }
}
