//! [`Texts`]: the texts and lists of a check's spec.

use std::borrow::Cow;

/// What a spec has beside its numbers and flags. Few checks have all of it, and services may have thousands of checks, so
/// a spec holds it in a box, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) description: Option<Cow<'static, str>>,
    pub(crate) restart_helps: Option<Cow<'static, str>>,
    pub(crate) groups: Vec<Cow<'static, str>>,
    pub(crate) runbook: Option<Cow<'static, str>>,
    /// The names of the checks that it depends on, as declared.
    pub(crate) depends_on: Vec<Cow<'static, str>>,
}

impl Texts {
    /// The texts of a spec without any.
    pub(super) const NONE: &'static Self = &Self {
        description: None,
        restart_helps: None,
        groups: Vec::new(),
        runbook: None,
        depends_on: Vec::new(),
    };
}
