//! The macros behind `health-runtime`, which re-exports them; depend on that crate, not on this one.
//!
//! The way of a struct through this crate: `attr` reads the attributes into `model`, `validate` (with `naming` and
//! `timing`) holds the rules, and `derive` writes the code. Where something is wrong, `errors` has collected all of it,
//! and `fallback` writes a stub instead. What a user reads of the macros stands in `docs/`.

mod attr;
mod derive;
mod doc_comment;
#[cfg(test)]
mod docs_test;
mod duration;
mod errors;
mod fallback;
mod function;
mod grammar;
mod list;
mod model;
mod naming;
mod path;
mod rules;
mod shape;
mod signature;
mod spec;
mod suggest;
#[cfg(test)]
mod tests;
mod timing;
mod tokens;
mod validate;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("../docs/derive.md")]
#[proc_macro_derive(HealthState, attributes(health, health_check))]
pub fn derive_health_state(input: TokenStream) -> TokenStream {
    derive::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/function.md")]
#[proc_macro_attribute]
pub fn health_check(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(arguments.into(), item.into()).into()
}
