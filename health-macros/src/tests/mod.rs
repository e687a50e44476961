//! Tests of the whole pipeline:
//!
//! - it generates the expected code;
//! - no tokens make it panic, and it accepts no wrong tokens;
//! - the runtime refuses the same options if they are set by hand;
//! - the docs describe every option.
//!
//! `tests/ui` in the workspace tests the text of the errors.

mod by_hand;
mod docs;
mod golden;
mod random;

use proc_macro2::{TokenStream, TokenTree};

use crate::model::Place;
use crate::parse::grammar::Options;

/// The name and the example of each option that is allowed in this place.
fn rows<O: Options>(place: Place) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = O::TABLE.iter().filter(move |row| row.is_for(place));
    rows.map(|row| (row.name, row.example))
}

/// The output of the derive for an item.
fn derive(input: TokenStream) -> TokenStream {
    crate::pipeline::derive(&syn::parse2(input).expect("a derive stands on an item"))
}

/// The output of the attribute macro for a function. The function must begin with the attribute.
fn function(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter().skip(1); // `#`
    let Some(TokenTree::Group(attribute)) = tokens.next() else {
        panic!("the attribute stands first");
    };
    let mut attribute = attribute.stream().into_iter().skip(1); // `health_check`
    let arguments = match attribute.next() {
        Some(TokenTree::Group(arguments)) => arguments.stream(),
        _ => TokenStream::new(),
    };
    crate::pipeline::health_check(arguments, tokens.collect())
}
