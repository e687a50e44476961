//! The macros behind `health-runtime`, which re-exports them; depend on that crate, not on this one.
//!
//! tokens → `parse` → `model` → `validate` → `expand` → code
//!
//! Each stage is a folder. No stage stops at the first mistake. `util` has helpers that depend on no stage. The user
//! docs of the macros are in `docs/`, and those of the options are in `docs/options.md` of `health-runtime`.

mod expand;
mod model;
mod parse;
mod pipeline;
#[cfg(test)]
mod tests;
mod util;
mod validate;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("../docs/derive.md")]
#[proc_macro_derive(HealthState, attributes(health, health_check))]
pub fn derive_health_state(input: TokenStream) -> TokenStream {
    pipeline::derive(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/function.md")]
#[proc_macro_attribute]
pub fn health_check(arguments: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::health_check(arguments.into(), item.into()).into()
}
