//! Collects all mistakes, so that one compile reports all of them.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// If a message has more characters than this, its fix goes on a second line.
const LINE: usize = 100;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake. The caret is under `blamed`, the tokens that the user has to change.
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

/// Breaks a long message before the fix, which follows the last `;` outside quotes and backticks.
fn lines(message: String) -> String {
    let is_plain = |at: usize| {
        let before = &message[..at];
        ['`', '"'].iter().all(|quote| before.matches(*quote).count() % 2 == 0)
    };
    let breaks = message.rmatch_indices("; ").find(|(at, _)| is_plain(*at));
    match breaks {
        Some((at, _)) if message.chars().count() > LINE => format!("{};\n{}", &message[..at], &message[at + 2..]),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_long_message_is_wrapped_before_the_fix_and_never_inside_code() {
        let short = "no unit; write \"3s\"";
        assert_eq!(lines(short.into()), short);
        let long = format!("`{}` takes a path; write `with = f::<[u8; 4]>`", "x".repeat(90));
        let (wrong, way_out) = long.split_once("; ").unwrap();
        assert_eq!(lines(long.clone()), format!("{wrong};\n{way_out}"));
        let code = format!("{} `[u8; 4]`", "x".repeat(100));
        assert_eq!(lines(code.clone()), code);
    }
}
