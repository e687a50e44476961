//! What the user declared: [`State`], the struct, and its [`Check`]s, the annotated fields. Borrowed from the syntax
//! tree, so that any later error can point at the original tokens.

use std::time::Duration;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Field, Lit, Member, Meta};

use crate::attr;
use crate::errors::Errors;

/// The struct.
pub(crate) struct State<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) options: StateOptions,
    pub(crate) checks: Vec<Check<'a>>,
}

/// A field with `#[health_check]`.
pub(crate) struct Check<'a> {
    pub(crate) field: &'a Field,
    pub(crate) member: Member,
    /// The attribute's own word, to blame for what is missing.
    pub(crate) attribute: &'a syn::Path,
    pub(crate) options: CheckOptions,
    /// The first paragraph of the doc comment.
    doc: Option<String>,
}

/// One option of an attribute. Where its value was refused, rules that need the value say nothing, and rules about its
/// presence still hold.
#[derive(Default)]
pub(crate) enum Setting<T> {
    #[default]
    Absent,
    Refused(Ident),
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

/// A path, as written, and the name at its end, under which rustc's own errors shall stand.
pub(crate) struct Path {
    pub(crate) tokens: TokenStream,
    pub(crate) last: Ident,
}

/// `#[health_check(...)]` on a field.
#[derive(Default)]
pub(crate) struct CheckOptions {
    pub(crate) critical: Setting<()>,
    pub(crate) timeout: Setting<Time>,
    pub(crate) interval: Setting<Time>,
    pub(crate) ttl: Setting<Time>,
    pub(crate) max_age: Setting<Time>,
    pub(crate) readiness: Setting<()>,
    pub(crate) startup: Setting<()>,
    pub(crate) liveness: Setting<()>,
    pub(crate) in_process: Setting<()>,
    pub(crate) restart_helps: Setting<Text>,
    pub(crate) name: Setting<Text>,
    pub(crate) description: Setting<Text>,
    pub(crate) with: Setting<Path>,
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
    pub(crate) prefix: Setting<Text>,
    pub(crate) manual_start: Setting<()>,
    pub(crate) public_details: Setting<()>,
    pub(crate) drain: Setting<Time>,
    pub(crate) shutdown_grace: Setting<Time>,
    pub(crate) krate: Setting<Path>,
}

impl<'a> State<'a> {
    /// Reads what is declared; what cannot be read is reported and left out.
    pub(crate) fn parse(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let found = attr::find(&input.attrs, "health", "health_check", "the struct", errors);
        if let Some(Meta::Path(path)) = found.map(|attribute| &attribute.meta) {
            errors.at(
                path,
                "`#[health]` alone has no effect; add options in parentheses or remove it",
            );
        }
        let options = found
            .map(|attribute| attr::parse(attribute, errors))
            .unwrap_or_default();
        let checks = match &input.data {
            Data::Struct(data) => {
                let members = data.fields.members();
                data.fields
                    .iter()
                    .zip(members)
                    .filter_map(|(field, member)| Check::parse(field, member, errors))
                    .collect()
            }
            // Refused as a whole in `validate`.
            Data::Enum(_) | Data::Union(_) => Vec::new(),
        };
        Self { input, options, checks }
    }
}

impl<'a> Check<'a> {
    fn parse(field: &'a Field, member: Member, errors: &mut Errors) -> Option<Self> {
        let attribute = attr::find(&field.attrs, "health_check", "health", "a field", errors)?;
        Some(Self {
            field,
            member,
            attribute: attribute.path(),
            options: attr::parse(attribute, errors),
            doc: first_paragraph(&field.attrs),
        })
    }

    /// Its name and the tokens that say it: `name = "…"`, or else the field's. `None` for a tuple's field without
    /// `name`, or if the value of `name` was refused.
    pub(crate) fn name(&self) -> Option<(String, &dyn ToTokens)> {
        match (&self.options.name, &self.member) {
            (Setting::Given(_, name), _) => Some((name.text.clone(), &name.literal)),
            (Setting::Absent, Member::Named(ident)) => Some((ident.unraw().to_string(), ident)),
            (Setting::Absent, Member::Unnamed(_)) | (Setting::Refused(_), _) => None,
        }
    }

    /// `description = "…"`, or else the doc comment.
    pub(crate) fn description(&self) -> Option<&str> {
        self.options
            .description
            .value()
            .map(|description| description.text.as_str())
            .or(self.doc.as_deref())
    }

    /// Whether only the field's type can say that a restart mends it.
    pub(crate) fn needs_in_process(&self) -> bool {
        let options = &self.options;
        options.liveness.is_given() && !options.restart_helps.is_given() && !options.with.is_given()
    }
}

impl<T> Setting<T> {
    /// The option's name where it stands, if it was given.
    pub(crate) fn key(&self) -> Option<&Ident> {
        match self {
            Self::Absent => None,
            Self::Refused(key) | Self::Given(key, _) => Some(key),
        }
    }

    /// Its value, if it was given and could be read.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Refused(_) => None,
            Self::Given(_, value) => Some(value),
        }
    }

    pub(crate) fn is_given(&self) -> bool {
        self.key().is_some()
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// The first paragraph of a doc comment, on one line.
fn first_paragraph(attrs: &[Attribute]) -> Option<String> {
    let mut paragraph = String::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        // `#[doc(hidden)]`, `#[doc = include_str!("…")]`: nothing that can be read here.
        let Meta::NameValue(meta) = &attr.meta else { continue };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) = &meta.value
        else {
            continue;
        };
        let text = text.value();
        let block = text.contains('\n');
        for line in text.split('\n').map(str::trim) {
            // `/** … */` may start its lines with ` * `.
            let bare = line
                .strip_prefix('*')
                .filter(|bare| block && (bare.is_empty() || bare.starts_with(' ')));
            let line = bare.unwrap_or(line).trim();
            match (line.is_empty(), paragraph.is_empty()) {
                (true, true) => {}
                (true, false) => return Some(paragraph),
                (false, true) => line.clone_into(&mut paragraph),
                (false, false) => paragraph = paragraph + " " + line,
            }
        }
    }
    (!paragraph.is_empty()).then_some(paragraph)
}

#[cfg(test)]
mod tests {
    use super::first_paragraph;
    use syn::parse_quote;

    #[test]
    fn the_description_is_the_first_paragraph_on_one_line() {
        let field: syn::DeriveInput = parse_quote! {
            ///
            /// Orders
            ///   database.
            ///
            /// Not this.
            struct S;
        };
        assert_eq!(first_paragraph(&field.attrs).as_deref(), Some("Orders database."));
    }

    #[test]
    fn a_block_comment_reads_like_lines() {
        let field: syn::DeriveInput = parse_quote! {
            /**
             * Orders
             * database.
             *
             * Not this.
             */
            struct S;
        };
        assert_eq!(first_paragraph(&field.attrs).as_deref(), Some("Orders database."));
    }
}
