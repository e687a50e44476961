//! The derive macro behind `health-runtime`, which re-exports it; depend on that crate, not on this one.

mod attr;
mod derive;
mod duration;
mod errors;
mod fallback;
mod model;
mod naming;
mod suggest;
mod validate;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derive.
#[proc_macro_derive(HealthState, attributes(health, health_check))]
pub fn derive_health_state(input: TokenStream) -> TokenStream {
    derive::expand(&parse_macro_input!(input as DeriveInput)).into()
}
