//! Collects every mistake, so that three mistakes are three errors in one compile.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake; the caret goes under `blamed`, the tokens that the user has to change.
    pub(crate) fn at(&mut self, blamed: impl ToTokens, message: impl Display) {
        let error = syn::Error::new_spanned(blamed, message);
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// One `compile_error!` for each mistake; `None` if there is no mistake.
    pub(crate) fn into_tokens(self) -> Option<TokenStream> {
        self.0.map(syn::Error::into_compile_error)
    }
}
