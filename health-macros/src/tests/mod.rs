//! The pipeline as a whole: what it writes for what is declared, and that no tokens whatever make it panic or slip
//! through, and that the runtime refuses by hand what is refused here. What its errors say is tested in `tests/ui`.

mod by_hand;
mod docs;
mod golden;
mod random;

use proc_macro2::{TokenStream, TokenTree};

use crate::model::Place;
use crate::parse::grammar::Options;

/// The name and the example of each option that may stand there.
fn rows<O: Options>(place: Place) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = O::TABLE.iter().filter(move |row| row.is_for(place));
    rows.map(|row| (row.name, row.example))
}

/// What the derive writes for an item.
fn derive(input: TokenStream) -> TokenStream {
    crate::pipeline::derive(&syn::parse2(input).expect("a derive stands on an item"))
}

/// What the attribute macro writes for a function with it.
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
