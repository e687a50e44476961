//! Parses the options that take a path: `with = payments::ping` takes a function, `crate = reexported::hr` a module.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::TypePath;

use crate::model::Path;
use crate::parse::value::{Value, after_equals, string};
use crate::util::errors::Errors;
use crate::util::tokens::{collect, is_punct, last_segment, path_length, show_path, ungroup};

/// Parses a path, such as `a::b`, `Self::f`, `<C as T>::f` or `f::<u8>`.
pub(crate) fn path<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Path>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (Err(None), &[]);
    };
    match read_path(value) {
        Ok((path, rest)) => (Ok(path), rest),
        Err(wrong) => {
            let text = wrong.describe(key, example, |path| format!("{key} = {path}"));
            errors.at(collect(value), text);
            (Err(wrong.meant()), &[])
        }
    }
}

/// Parses the path of a module, such as `crate::reexported::health_runtime`.
pub(crate) fn module<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Path>, &'a [TokenTree]) {
    let (path, rest) = path(key, example, after, errors);
    let has_arguments = |path: &Path| path.tokens.clone().into_iter().any(|token| is_punct(&token, '<'));
    match path {
        Ok(path) if has_arguments(&path) => {
            errors.at(
                &path.tokens,
                format!("`{key}` takes the path of a module; write `{example}`"),
            );
            (Err(None), rest)
        }
        Err(Some(path)) if has_arguments(&path) => (Err(None), rest),
        path => (path, rest),
    }
}

/// Parses the path at the front. Returns it and the tokens that follow.
pub(crate) fn read_path(value: &[TokenTree]) -> Result<(Path, &[TokenTree]), NoPath> {
    let length = path_length(value);
    let rest = &value[length.unwrap_or(0)..];
    Err(match (length, rest) {
        (Some(length), [] | [TokenTree::Ident(_) | TokenTree::Literal(_), ..]) => {
            let path = ungroup(&value[..length]);
            let last = last_segment(&path).expect("a complete path has a segment");
            let tokens = collect(&path);
            // Also checks the tokens between `<` and `>`. If one of them is wrong, rustc discards the whole output.
            if syn::parse2::<TypePath>(tokens.clone()).is_err() {
                return Err(NoPath::Other);
            }
            return Ok((Path { tokens, last }, rest));
        }
        (Some(length), [TokenTree::Group(group), ..]) if group.delimiter() == Delimiter::Parenthesis => {
            NoPath::Call(show_path(&value[..length]))
        }
        (Some(length), [TokenTree::Punct(punct), ..]) if punct.as_char() == '<' => {
            NoPath::Turbofish(with_turbofish(&value[..length], rest))
        }
        _ if is_closure(value) => NoPath::Closure,
        _ if value.first().is_some_and(|first| is_punct(first, '#')) => NoPath::Attribute,
        _ => match (method(value), reference(value), string(value)) {
            (Some(name), ..) => NoPath::Method(name.to_string()),
            (None, Some(path), _) => NoPath::Reference(path),
            (None, None, Some((text, ..))) => NoPath::Text(is_path(&text).then_some(text)),
            (None, None, None) => NoPath::Other,
        },
    })
}

/// What is written in place of a path.
pub(crate) enum NoPath {
    /// `ping()`.
    Call(String),
    /// `ping<u8>`, with the path that the user means.
    Turbofish(String),
    Closure,
    /// `#[cfg(unix)] ping`.
    Attribute,
    /// `&ping` or `[ping]`, with the path that the user means.
    Reference(String),
    /// `self.ping`, with the name of the method.
    Method(String),
    /// `"ping"`, with the text if it is a path.
    Text(Option<String>),
    Other,
}

impl NoPath {
    /// The path that the user probably meant, if the macro can tell.
    fn meant(&self) -> Option<Path> {
        let (Self::Call(path) | Self::Turbofish(path) | Self::Reference(path) | Self::Text(Some(path))) = self else {
            return None;
        };
        let tokens: Vec<TokenTree> = path.parse::<TokenStream>().ok()?.into_iter().collect();
        Some(read_path(&tokens).ok()?.0)
    }

    /// The message. `option` writes the whole option with the right path.
    pub(crate) fn describe(&self, key: &Ident, example: &str, option: impl Fn(&str) -> String) -> String {
        match self {
            Self::Call(path) => format!("`{key}` takes the path alone, without a call; write `{}`", option(path)),
            Self::Turbofish(path) => format!("type arguments in a path follow `::`; write `{}`", option(path)),
            Self::Closure => format!(
                "`{key}` takes the path of a function, not a closure; write a function and name it: `{example}`"
            ),
            Self::Attribute => format!(
                "`{key}` takes no attributes; give the function to `Health::builder(...)`, where `#[cfg(...)]` has its \
                 place"
            ),
            Self::Method(name) if key == "checks" => format!(
                "`{key}` takes free functions, not methods; move `{name}` out of the `impl` and write `{}`",
                option(name)
            ),
            Self::Method(name) => format!(
                "`{key}` takes the path of a function, and calls it with the field; write a function of the field and \
                 name it, as in `{}`, or put `#[health_check]` above a function of the whole state",
                option(name)
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

/// Writes the path with `::` before its type arguments, and without a call: `Vec::<u8>::ping` for `Vec<u8>::ping()`.
fn with_turbofish(before: &[TokenTree], arguments: &[TokenTree]) -> String {
    let before = show_path(before);
    let is_call = |token: &TokenTree| matches!(token, TokenTree::Group(_));
    let end = arguments.iter().position(is_call).unwrap_or(arguments.len());
    let whole = format!("{before}::{}", show_path(&arguments[..end]));
    if is_path(&whole) {
        whole
    } else {
        format!("{before}::<...>")
    }
}

/// The path in `&ping` and `[ping]`.
fn reference(value: &[TokenTree]) -> Option<String> {
    let path = match value {
        [and, path @ ..] if is_punct(and, '&') => path.to_vec(),
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => group.stream().into_iter().collect(),
        _ => return None,
    };
    (path_length(&path) == Some(path.len())).then(|| show_path(&path))
}

/// The name of the method: `ping` in `self.ping` and in `self.db.ping::<u8>().await`. `None` for a field like `self.0`.
fn method(value: &[TokenTree]) -> Option<&Ident> {
    let [TokenTree::Ident(word), dot, ..] = value else {
        return None;
    };
    if word != "self" || !is_punct(dot, '.') {
        return None;
    }
    let mut after_dot = value.windows(2).rev().filter_map(|pair| match pair {
        [dot, TokenTree::Ident(name)] if is_punct(dot, '.') && name != "await" => Some(name),
        _ => None,
    });
    after_dot.next()
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
