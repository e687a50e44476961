//! Options whose value is a path: of a function, `with = payments::ping`, or of a module, `crate = reexported::hr`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::TypePath;

use crate::errors::Errors;
use crate::model::Path;
use crate::tokens::{collect, is_punct, last_segment, path_length, show_path, ungroup};
use crate::value::{after_equals, string};

/// A path, such as `a::b`, `Self::f`, `<C as T>::f`, `f::<u8>`.
pub(crate) fn path<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Path>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (None, &[]);
    };
    match read_path(value) {
        Ok((path, rest)) => (Some(path), rest),
        Err(wrong) => {
            let wrong = wrong.describe(key, example, |path| format!("{key} = {path}"));
            errors.at(collect(value), wrong);
            (None, &[])
        }
    }
}

/// A path of a module, such as `crate::reexported::health_runtime`.
pub(crate) fn module<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Path>, &'a [TokenTree]) {
    let (path, rest) = path(key, example, after, errors);
    let has_arguments = |path: &Path| path.tokens.clone().into_iter().any(|token| is_punct(&token, '<'));
    if let Some(path) = path.as_ref().filter(|path| has_arguments(path)) {
        errors.at(
            &path.tokens,
            format!("`{key}` takes the path of a module; write `{example}`"),
        );
        return (None, rest);
    }
    (path, rest)
}

/// Reads the path at the front, and hands back what follows it.
pub(crate) fn read_path(value: &[TokenTree]) -> Result<(Path, &[TokenTree]), NoPath> {
    let length = path_length(value);
    let rest = &value[length.unwrap_or(0)..];
    Err(match (length, rest) {
        (Some(length), [] | [TokenTree::Ident(_) | TokenTree::Literal(_), ..]) => {
            let path = ungroup(&value[..length]);
            let last = last_segment(&path).expect("a complete path has a segment");
            let tokens = collect(&path);
            // Also what stands between `<` and `>`: one wrong token there, and rustc would throw the whole output away.
            if syn::parse2::<TypePath>(tokens.clone()).is_err() {
                return Err(NoPath::Other);
            }
            return Ok((Path { tokens, last }, rest));
        }
        (Some(length), [TokenTree::Group(group), ..]) if group.delimiter() == Delimiter::Parenthesis => {
            NoPath::Call(show_path(&value[..length]))
        }
        (Some(length), [TokenTree::Punct(punct), ..]) if punct.as_char() == '<' => {
            NoPath::Turbofish(show_path(&value[..length]))
        }
        _ if is_closure(value) => NoPath::Closure,
        _ if value.first().is_some_and(|first| is_punct(first, '#')) => NoPath::Attribute,
        _ => match (reference(value), string(value)) {
            (Some(path), _) => NoPath::Reference(path),
            (None, Some((text, ..))) => NoPath::Text(is_path(&text).then_some(text)),
            (None, None) => NoPath::Other,
        },
    })
}

/// What stands where a path should.
pub(crate) enum NoPath {
    /// `ping()`.
    Call(String),
    /// `ping<u8>`.
    Turbofish(String),
    Closure,
    /// `#[cfg(unix)] ping`.
    Attribute,
    /// `&ping`, `[ping]` or `self.ping`, with the path that is meant.
    Reference(String),
    /// `"ping"`, with the path that is quoted if it is one.
    Text(Option<String>),
    Other,
}

impl NoPath {
    /// Says what is wrong; `option` writes the whole option with the right path.
    pub(crate) fn describe(&self, key: &Ident, example: &str, option: impl Fn(&str) -> String) -> String {
        match self {
            Self::Call(path) => format!("`{key}` takes the path alone, without a call; write `{}`", option(path)),
            Self::Turbofish(path) => format!(
                "type arguments in a path follow `::`; write `{}`",
                option(&format!("{path}::<...>"))
            ),
            Self::Closure => format!(
                "`{key}` takes the path of a function, not a closure; write a function and name it: `{example}`"
            ),
            Self::Attribute => format!(
                "`{key}` takes no attributes; give the function to `Health::builder(...)`, where `#[cfg(...)]` has its \
                 place"
            ),
            Self::Reference(path) => format!("`{key}` takes the path alone; write `{}`", option(path)),
            Self::Text(Some(path)) => format!(
                "`{key}` takes a path, not a string; drop the quotes: `{}`",
                option(path)
            ),
            Self::Text(None) => format!("`{key}` takes a path, not a string; write `{example}`"),
            Self::Other => format!("`{key}` takes a path; write `{example}`"),
        }
    }
}

/// The path in `&ping`, `[ping]` and `self.ping`.
fn reference(value: &[TokenTree]) -> Option<String> {
    let path = match value {
        [and, path @ ..] if is_punct(and, '&') => path.to_vec(),
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => group.stream().into_iter().collect(),
        [TokenTree::Ident(word), dot, TokenTree::Ident(name)] if word == "self" && is_punct(dot, '.') => {
            return Some(format!("Self::{name}"));
        }
        _ => return None,
    };
    (path_length(&path) == Some(path.len())).then(|| show_path(&path))
}

fn is_path(text: &str) -> bool {
    let tokens = text.parse::<TokenStream>().unwrap_or_default();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    path_length(&tokens) == Some(tokens.len())
}

fn is_closure(value: &[TokenTree]) -> bool {
    let first = value
        .iter()
        .find(|token| !matches!(token, TokenTree::Ident(word) if *word == "move" || *word == "async"));
    first.is_some_and(|token| is_punct(token, '|'))
}
