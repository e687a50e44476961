//! The macros behind `health-runtime`, which re-exports them; depend on that crate, not on this one.
//!
//! tokens → attributes → model → rules → resolved → code. Nothing stops at the first mistake.
//!
//! ```text
//! grammar    the options: one table for each attribute
//! attr       reads an attribute by its table
//!   value, list, path, duration    what stands behind an option's name
//!   naming   what names, paths and URLs may look like
//! signature  reads a function, but for its body
//! model      what is declared: a struct with its fields, or a function
//! validate   the rules of a struct and of a function
//!   shape      what they have to look like
//!   rules      the options of one check against each other
//!   timing     its durations against each other
//! resolve    what is declared, once nothing is wrong with it: who checks each field
//! derive     the code of a struct
//! function   the code of a function
//!   spec       what both write
//!   fallback   the stub that goes out beside `errors`
//! ```
//!
//! What a user reads of the macros is in `docs/`.

mod attr;
mod derive;
mod doc_comment;
mod duration;
mod errors;
mod fallback;
mod function;
mod grammar;
mod list;
mod model;
mod naming;
mod path;
mod resolve;
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
