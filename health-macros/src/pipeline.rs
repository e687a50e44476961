//! Runs the two macros from end to end: parse, validate, expand. If there are errors, the output is all errors and a
//! stub.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, DeriveInput};

use crate::expand::derive::expand_state;
use crate::expand::function::expand_function;
use crate::expand::stub::{expand_function_stub, expand_state_stub};
use crate::model::{Function, StateStruct};
use crate::parse::signature::{Item, is_health_check};
use crate::util::errors::Errors;
use crate::validate::signature::report_no_function;
use crate::validate::{validate_function, validate_state};

/// `#[derive(HealthState)]`.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let state = StateStruct::parse(input, &mut errors);
    validate_state(&state, &mut errors);
    match errors.into_tokens() {
        None => expand_state(&state),
        Some(errors) => {
            let stub = expand_state_stub(&state);
            quote! { #errors #stub }
        }
    }
}

/// `#[health_check(arguments)]` on an item.
pub(crate) fn health_check(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let signature = match Item::parse(item.clone()) {
        Ok(Item::Function(signature)) => signature,
        Ok(Item::Other { found, derives }) => {
            report_no_function(found.as_ref(), derives, &mut errors);
            let errors = errors.into_tokens();
            return quote! { #errors #item };
        }
        Err(error) => {
            let error = error.into_compile_error();
            return quote! { #error #item };
        }
    };
    let function = Function::parse(arguments, &signature, &mut errors);
    validate_function(&function, &mut errors);
    match errors.into_tokens() {
        None if signature.has_placeholder() => {
            let stub = expand_function_stub(&function);
            quote! { #item #stub }
        }
        None => {
            let check = expand_function(&function);
            quote! { #item #check }
        }
        Some(errors) => {
            let (item, stub) = (without_attribute(item), expand_function_stub(&function));
            quote! { #errors #item #stub }
        }
    }
}

/// Removes every further `#[health_check]` from the item, because it would generate the type a second time.
fn without_attribute(item: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut rest = item.into_iter().peekable();
    while let Some(token) = rest.next() {
        if let Some(TokenTree::Group(group)) = rest.peek()
            && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#')
            && group.delimiter() == Delimiter::Bracket
        {
            let attribute = Attribute::parse_outer.parse2(quote!(#token #group));
            if attribute.is_ok_and(|attribute| attribute.iter().any(is_health_check)) {
                rest.next();
                continue;
            }
        }
        kept.extend([token]);
    }
    kept
}
