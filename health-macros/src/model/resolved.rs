//! The annotated fields after validation. Each has the name of its check and its [`Checker`].

use syn::{Member, Type};

use crate::model::{self, Check, Path, StateStruct};

/// A field with `#[health_check]`, ready to be registered.
pub(crate) struct Field<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) member: &'a Member,
    pub(crate) name: String,
    pub(crate) check: &'a Check<'a>,
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
    state.fields.iter().map(field).collect()
}

fn field<'a>(field: &'a model::Field<'_>) -> Field<'a> {
    let (name, _) = field.check.name().expect("validation refuses a check without a name");
    Field {
        ty: field.ty,
        member: &field.member,
        name,
        check: &field.check,
        checker: checker(&field.check),
    }
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
