//! Collects every mistake, so that three mistakes are three errors in one compile.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// A longer message has its way out on a line of its own.
const LINE: usize = 100;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake; the caret goes under `blamed`, the tokens that the user has to change.
    pub(crate) fn at(&mut self, blamed: impl ToTokens, message: impl Into<String>) {
        let error = syn::Error::new_spanned(blamed, lines(message.into()));
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

/// The way out follows the last `;`.
fn lines(message: String) -> String {
    match message.rsplit_once("; ") {
        Some((wrong, way_out)) if message.chars().count() > LINE => format!("{wrong};\n{way_out}"),
        _ => message,
    }
}
