//! Parses tokens into the model. It checks only syntax, and does not stop at the first mistake.
//!
//! ```text
//! grammar    the options: one table for each attribute
//! attr       parses an attribute by its table
//!   value, list, path    parse what follows the name of an option
//!   unknown_option       the message for an unknown option
//! signature  parses a function, except its body
//! ```

pub(crate) mod attr;
pub(crate) mod grammar;
mod list;
mod path;
pub(crate) mod signature;
mod unknown_option;
pub(crate) mod value;

use proc_macro2::TokenStream;
use syn::{Attribute, Data, DeriveInput, Member, Meta};

use self::signature::is_health_check;
use crate::model::signature::Signature;
use crate::model::{Check, Field, Function, Place, StateStruct};
use crate::util::doc_comment::first_paragraph;
use crate::util::errors::Errors;

impl<'a> StateStruct<'a> {
    /// Parses the struct. Reports and leaves out what it cannot parse.
    pub(crate) fn parse(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let found = attr::find(&input.attrs, "health", "health_check", Place::Struct, errors);
        let says_nothing = |attribute: &&Attribute| match &attribute.meta {
            Meta::Path(_) => true,
            Meta::List(list) => list.tokens.is_empty(),
            Meta::NameValue(_) => false,
        };
        if let Some(attribute) = found.filter(says_nothing) {
            errors.at(
                attribute.path(),
                "`#[health]` alone has no effect; add options in parentheses or remove it",
            );
        }
        let options = found
            .map(|attribute| attr::parse(attribute, Place::Struct, errors))
            .unwrap_or_default();
        let fields = match &input.data {
            Data::Struct(data) => {
                let fields = data.fields.iter().enumerate();
                fields
                    .filter_map(|(index, field)| {
                        let member = field.ident.clone().map_or_else(|| Member::from(index), Member::Named);
                        Field::parse(field, member, errors)
                    })
                    .collect()
            }
            // `validate::signature` refuses these.
            Data::Enum(_) | Data::Union(_) => Vec::new(),
        };
        Self { input, options, fields }
    }
}

impl<'a> Field<'a> {
    fn parse(field: &'a syn::Field, member: Member, errors: &mut Errors) -> Option<Self> {
        let attribute = attr::find(&field.attrs, "health_check", "health", Place::Field, errors)?;
        Some(Self {
            ty: &field.ty,
            member,
            attribute: attribute.path(),
            check: Check {
                options: attr::parse(attribute, Place::Field, errors),
                place: Place::Field,
                ident: field.ident.as_ref(),
                doc: first_paragraph(&field.attrs),
            },
        })
    }
}

impl<'a> Function<'a> {
    /// Parses `#[health_check(arguments)]` above this signature.
    pub(crate) fn parse(arguments: TokenStream, signature: &'a Signature, errors: &mut Errors) -> Self {
        for attribute in signature.attrs.iter().filter(|attr| is_health_check(attr)) {
            errors.at(
                attribute.path(),
                "`#[health_check]` is given twice; put all options into one `#[health_check(...)]`",
            );
        }
        Self {
            signature,
            check: Check {
                options: attr::parse_options(arguments, Place::Function, errors),
                place: Place::Function,
                ident: Some(&signature.ident),
                doc: first_paragraph(&signature.attrs),
            },
        }
    }
}
