//! What the user declared: [`State`], the struct, with its annotated [`Field`]s; or an annotated [`Function`]. Borrowed
//! from the syntax tree, so that any later error can point at the original tokens.

pub(crate) mod resolved;
pub(crate) mod signature;

use std::time::Duration;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{DeriveInput, Member, Type};

use self::signature::Signature;

/// The struct.
pub(crate) struct State<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) options: StateOptions,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field with `#[health_check]`.
pub(crate) struct Field<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) member: Member,
    /// The attribute's own word, to blame for what is missing.
    pub(crate) attribute: &'a syn::Path,
    pub(crate) check: Check<'a>,
}

/// A function with `#[health_check]`.
pub(crate) struct Function<'a> {
    pub(crate) signature: &'a Signature,
    pub(crate) check: Check<'a>,
}

/// What is declared about one check.
pub(crate) struct Check<'a> {
    pub(crate) options: CheckOptions,
    /// Whether it is a field or a function.
    pub(crate) place: Place,
    /// The name of the field or function; a field of a tuple has none.
    pub(crate) ident: Option<&'a Ident>,
    /// The first paragraph of the doc comment.
    pub(crate) doc: Option<String>,
}

/// One option of an attribute.
///
/// A refused option is neither given nor absent: a rule that reads it says nothing, because nobody knows what was meant.
#[derive(Default)]
pub(crate) enum Setting<T> {
    #[default]
    Absent,
    /// There is an error about it. The value is the one that was probably meant, if that can be seen.
    Refused(Option<T>),
    Given(Ident, T),
}

/// A string and the literal it stands in.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) literal: Literal,
}

/// A duration and the literal it stands in.
pub(crate) struct Time {
    pub(crate) time: Duration,
    pub(crate) literal: Literal,
}

impl Time {
    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.time.as_millis()).expect("no option takes more than a day")
    }
}

/// A number and the literal it stands in.
pub(crate) struct Count {
    pub(crate) count: u32,
    pub(crate) literal: Literal,
}

/// A path, as written, and the name at its end, under which rustc's own errors shall stand.
pub(crate) struct Path {
    pub(crate) tokens: TokenStream,
    pub(crate) last: Ident,
}

/// Where options stand.
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

    /// What has the attribute.
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
    pub(crate) blocking: Setting<()>,
    pub(crate) with: Setting<Path>,
    pub(crate) nested: Setting<()>,
    pub(crate) krate: Setting<Path>,
    /// The names of all that are given.
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
    pub(crate) manual_start: Setting<()>,
    pub(crate) public_details: Setting<()>,
    pub(crate) stalled_after: Setting<Time>,
    pub(crate) drain: Setting<Time>,
    pub(crate) shutdown_grace: Setting<Time>,
    pub(crate) krate: Setting<Path>,
}

impl CheckOptions {
    /// Whether it ends with the start.
    pub(crate) fn is_startup_only(&self) -> bool {
        self.startup.is_given() && self.readiness.is_absent() && self.liveness.is_absent()
    }

    /// Whether nobody knows which probes it belongs to.
    pub(crate) fn has_refused_probe(&self) -> bool {
        [&self.readiness, &self.startup, &self.liveness]
            .into_iter()
            .any(Setting::is_refused)
    }
}

impl Check<'_> {
    /// Its name and the tokens that say it: `name = "…"`, or else the name of the field or function, valid or not. `None` for
    /// a tuple's field without `name`, or if `name` was refused.
    pub(crate) fn name(&self) -> Option<(String, &dyn ToTokens)> {
        match (&self.options.name, &self.ident) {
            (Setting::Given(_, name), _) => Some((name.text.clone(), &name.literal)),
            (Setting::Absent, Some(ident)) => Some((ident.unraw().to_string(), ident)),
            (Setting::Absent, None) | (Setting::Refused(_), _) => None,
        }
    }

    /// Whether a function checks, and not a type.
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
    /// The option's name where it stands, if it is given.
    pub(crate) fn key(&self) -> Option<&Ident> {
        match self {
            Self::Absent | Self::Refused(_) => None,
            Self::Given(key, _) => Some(key),
        }
    }

    /// Its value, if it is given.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Refused(_) => None,
            Self::Given(_, value) => Some(value),
        }
    }

    /// Its value, or the one that was probably meant.
    pub(crate) fn meant(&self) -> Option<&T> {
        match self {
            Self::Absent => None,
            Self::Refused(value) => value.as_ref(),
            Self::Given(_, value) => Some(value),
        }
    }

    /// Notes that it was meant, if nothing is known of it.
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
