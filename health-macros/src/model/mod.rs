//! What the user declared: a [`StateStruct`], which is the struct with its annotated [`Field`]s, or an annotated
//! [`Function`]. The model borrows from the syntax tree, so that later errors can point at the original tokens.

pub(crate) mod resolved;
pub(crate) mod signature;

use std::time::Duration;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{DeriveInput, Member, Type};

use self::signature::Signature;

/// The struct with `#[derive(HealthState)]`.
pub(crate) struct StateStruct<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) options: StateOptions,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field with `#[health_check]`.
pub(crate) struct Field<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) member: Member,
    /// The path of the attribute. An error about a missing option points at it.
    pub(crate) attribute: &'a syn::Path,
    pub(crate) check: Check<'a>,
}

/// A function with `#[health_check]`.
pub(crate) struct Function<'a> {
    pub(crate) signature: &'a Signature,
    pub(crate) check: Check<'a>,
}

/// One check, as declared.
pub(crate) struct Check<'a> {
    pub(crate) options: CheckOptions,
    /// [`Place::Field`] or [`Place::Function`].
    pub(crate) place: Place,
    /// The name of the field or function. `None` for a field of a tuple struct.
    pub(crate) ident: Option<&'a Ident>,
    /// The first paragraph of the doc comment.
    pub(crate) doc: Option<String>,
}

/// One option of an attribute.
///
/// A refused option is neither given nor absent. A rule that reads it reports nothing, because the value that the user
/// meant is unknown.
#[derive(Default)]
pub(crate) enum Setting<T> {
    #[default]
    Absent,
    /// The option has an error. The value is the one that the user probably meant, if the macro can tell.
    Refused(Option<T>),
    Given(Ident, T),
}

/// A string and its literal.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) literal: Literal,
}

/// A duration and its literal.
pub(crate) struct Time {
    pub(crate) time: Duration,
    pub(crate) literal: Literal,
}

impl Time {
    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.time.as_millis()).expect("no option takes more than a day")
    }
}

/// A number and its literal.
pub(crate) struct Count {
    pub(crate) count: u32,
    pub(crate) literal: Literal,
}

/// A path as written, and the last name in it. rustc's own errors point at this name.
pub(crate) struct Path {
    pub(crate) tokens: TokenStream,
    pub(crate) last: Ident,
}

/// An entry of `depends_on`.
pub(crate) enum Dependency {
    /// The identifier of a field. On a function, the name of a check.
    Ident(Ident),
    /// The name of a check.
    Name(Text),
}

impl Dependency {
    /// The identifier without `r#`, or the text without quotes.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Ident(ident) => ident.unraw().to_string(),
            Self::Name(name) => name.text.clone(),
        }
    }
}

impl ToTokens for Dependency {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Ident(ident) => ident.to_tokens(tokens),
            Self::Name(name) => name.literal.to_tokens(tokens),
        }
    }
}

/// Where an option is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Struct,
    Field,
    Function,
    /// In the parentheses of `breaker`.
    Breaker,
}

impl Place {
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Struct => "on the struct",
            Self::Field => "on a field",
            Self::Function => "on a function",
            Self::Breaker => "in `breaker(...)`",
        }
    }

    /// The noun for this place, for messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Field => "field",
            Self::Function => "function",
            Self::Breaker => "breaker",
        }
    }
}

/// `#[health_check(...)]` on a field or a function.
#[derive(Default)]
pub(crate) struct CheckOptions {
    pub(crate) critical: Setting<()>,
    pub(crate) timeout: Setting<Time>,
    pub(crate) interval: Setting<Time>,
    pub(crate) ttl: Setting<Time>,
    pub(crate) max_age: Setting<Time>,
    pub(crate) degraded_after: Setting<Time>,
    pub(crate) failure_threshold: Setting<Count>,
    pub(crate) success_threshold: Setting<Count>,
    pub(crate) breaker: Setting<BreakerOptions>,
    pub(crate) fail_open: Setting<()>,
    pub(crate) readiness: Setting<()>,
    pub(crate) startup: Setting<()>,
    pub(crate) liveness: Setting<()>,
    pub(crate) in_process: Setting<()>,
    pub(crate) restart_helps: Setting<Text>,
    pub(crate) name: Setting<Text>,
    pub(crate) description: Setting<Text>,
    pub(crate) runbook: Setting<Text>,
    pub(crate) groups: Setting<Vec<Text>>,
    pub(crate) depends_on: Setting<Vec<Dependency>>,
    pub(crate) blocking: Setting<()>,
    pub(crate) with: Setting<Path>,
    pub(crate) nested: Setting<()>,
    pub(crate) krate: Setting<Path>,
    /// The names of all given options.
    pub(crate) given: Vec<Ident>,
}

/// `breaker(...)`.
#[derive(Default)]
pub(crate) struct BreakerOptions {
    pub(crate) failures: Setting<Count>,
    pub(crate) successes: Setting<Count>,
    pub(crate) reset: Setting<Time>,
}

/// `#[health(...)]` on the struct.
#[derive(Default)]
pub(crate) struct StateOptions {
    pub(crate) name: Setting<Text>,
    pub(crate) version: Setting<Text>,
    pub(crate) timeout: Setting<Time>,
    pub(crate) interval: Setting<Time>,
    pub(crate) ttl: Setting<Time>,
    pub(crate) probe_budget: Setting<Time>,
    pub(crate) checks: Setting<Vec<Path>>,
    pub(crate) prefix: Setting<Text>,
    pub(crate) liveness_paths: Setting<Vec<Text>>,
    pub(crate) readiness_paths: Setting<Vec<Text>>,
    pub(crate) startup_paths: Setting<Vec<Text>>,
    pub(crate) health_paths: Setting<Vec<Text>>,
    pub(crate) alias: Setting<Vec<Text>>,
    pub(crate) plain: Setting<Vec<Text>>,
    pub(crate) manual_start: Setting<()>,
    pub(crate) public: Setting<Text>,
    pub(crate) stalled_after: Setting<Time>,
    pub(crate) drain: Setting<Time>,
    pub(crate) shutdown_grace: Setting<Time>,
    pub(crate) krate: Setting<Path>,
}

impl CheckOptions {
    /// Whether the startup probe is the only probe of the check. Such a check ends when the service has started.
    pub(crate) fn is_startup_only(&self) -> bool {
        self.startup.is_given() && self.readiness.is_absent() && self.liveness.is_absent()
    }

    /// Whether an error leaves open which probes the check belongs to.
    pub(crate) fn has_refused_probe(&self) -> bool {
        [&self.readiness, &self.startup, &self.liveness]
            .into_iter()
            .any(Setting::is_refused)
    }
}

impl Check<'_> {
    /// The name of the check, and the tokens to blame for it: those of `name = "…"`, or else the name of the field or
    /// function. It may be invalid. `None` if `name` was refused, or for a field of a tuple struct without `name`.
    pub(crate) fn name(&self) -> Option<(String, &dyn ToTokens)> {
        match (&self.options.name, &self.ident) {
            (Setting::Given(_, name), _) => Some((name.text.clone(), &name.literal)),
            (Setting::Absent, Some(ident)) => Some((ident.unraw().to_string(), ident)),
            (Setting::Absent, None) | (Setting::Refused(_), _) => None,
        }
    }

    /// Whether the check is a function, and not the type of a field.
    pub(crate) fn is_function(&self) -> bool {
        self.place == Place::Function || self.options.with.is_given()
    }

    /// `description = "…"`, or else the doc comment.
    pub(crate) fn description(&self) -> Option<&str> {
        self.options
            .description
            .value()
            .map(|description| description.text.as_str())
            .or(self.doc.as_deref())
    }
}

impl<T> Setting<T> {
    /// The option's name as the user wrote it, if the option is given.
    pub(crate) fn key(&self) -> Option<&Ident> {
        match self {
            Self::Absent | Self::Refused(_) => None,
            Self::Given(key, _) => Some(key),
        }
    }

    /// The value, if the option is given.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Refused(_) => None,
            Self::Given(_, value) => Some(value),
        }
    }

    /// The value, or the one that the user probably meant.
    pub(crate) fn meant(&self) -> Option<&T> {
        match self {
            Self::Absent => None,
            Self::Refused(value) => value.as_ref(),
            Self::Given(_, value) => Some(value),
        }
    }

    /// Marks an absent option as refused: the user meant it, but its value is unknown.
    pub(crate) fn refuse(&mut self) {
        if self.is_absent() {
            *self = Self::Refused(None);
        }
    }

    pub(crate) fn is_given(&self) -> bool {
        matches!(self, Self::Given(..))
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}
