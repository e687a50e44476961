//! The macros behind `health-runtime`, which re-exports them; depend on that crate, not on this one.
//!
//! tokens → [`parse`] → [`model`] → [`validate`] → [`expand`] → code. Nothing stops at the first mistake. The folders are the
//! stages; [`util`] knows nothing of health checks. What a user reads of the macros is in `docs/`.

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
