//! The annotated fields after validation. Each has the name of its check, the names of the checks that it depends on,
//! and its [`Checker`].

use std::collections::HashMap;

use syn::ext::IdentExt;
use syn::{Member, Type};

use crate::model::{self, Check, Dependency, Path, StateStruct};

/// A field with `#[health_check]`, ready to be registered.
pub(crate) struct Field<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) member: &'a Member,
    pub(crate) name: String,
    pub(crate) check: &'a Check<'a>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) checker: Checker<'a>,
}

/// The code that checks a field.
pub(crate) enum Checker<'a> {
    /// The `HealthCheck` of its type.
    Own,
    /// The same, in the liveness probe without `restart_helps`. So the type must also implement `InProcess`.
    Live,
    /// The function in `with = path`.
    With { path: &'a Path, blocking: bool },
    /// The checks inside its type: `nested`.
    Nested,
}

/// Resolves the annotated fields of a struct. Validation must have found no mistake in it.
pub(crate) fn fields<'a>(state: &'a StateStruct<'_>) -> Vec<Field<'a>> {
    let by_ident = state.fields.iter().filter_map(|field| {
        let ident = field.check.ident?.unraw().to_string();
        Some((ident, name(field)))
    });
    let names = by_ident.collect();
    state.fields.iter().map(|declared| field(declared, &names)).collect()
}

/// `names` has the name of the check of each field.
fn field<'a>(field: &'a model::Field<'_>, names: &HashMap<String, String>) -> Field<'a> {
    let depends_on = field.check.options.depends_on.value().into_iter().flatten();
    let depends_on = depends_on.map(|dependency| match dependency {
        Dependency::Ident(_) => names[&dependency.name()].clone(),
        Dependency::Name(_) => dependency.name(),
    });
    Field {
        ty: field.ty,
        member: &field.member,
        name: name(field),
        check: &field.check,
        depends_on: depends_on.collect(),
        checker: checker(&field.check),
    }
}

fn name(field: &model::Field<'_>) -> String {
    let (name, _) = field.check.name().expect("validation refuses a check without a name");
    name
}

fn checker<'a>(check: &'a Check<'_>) -> Checker<'a> {
    let options = &check.options;
    if options.nested.is_given() {
        return Checker::Nested;
    }
    if let Some(path) = options.with.value() {
        let blocking = options.blocking.is_given();
        return Checker::With { path, blocking };
    }
    if options.liveness.is_given() && !options.restart_helps.is_given() {
        return Checker::Live;
    }
    Checker::Own
}
