//! The values of options: a flag has none, the others are a duration, a string or a path. Each reader takes the tokens
//! after the option's name and hands back what it left over.

use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};
use syn::Lit;

use crate::duration;
use crate::errors::Errors;
use crate::model::{Path, Text, Time};

/// Where the next comma is that separates options, or else the end. Commas between `<` and `>` belong to a path,
/// unless nothing closes the `<`.
pub(crate) fn next_comma(tokens: &[TokenTree]) -> usize {
    let mut i = 0;
    while i < tokens.len() && !is_punct(&tokens[i], ',') {
        i += angles(&tokens[i..]).unwrap_or(1);
    }
    i
}

/// What stands inside of the invisible delimiters that a `macro_rules` fragment arrives in.
pub(crate) fn ungroup(tokens: &[TokenTree]) -> Vec<TokenTree> {
    match tokens {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            ungroup(&group.stream().into_iter().collect::<Vec<_>>())
        }
        tokens => tokens.to_vec(),
    }
}

/// A flag takes no value.
pub(crate) fn flag<'a>(key: &Ident, after: &'a [TokenTree], errors: &mut Errors) -> &'a [TokenTree] {
    match after {
        [TokenTree::Punct(punct), ..] if punct.as_char() == '=' => {}
        [TokenTree::Group(_), ..] => {}
        _ => return after,
    }
    errors.at(
        key,
        format!("`{key}` is a flag and takes no value; write `{key}` or leave it out"),
    );
    &[]
}

/// A duration: a string with a unit.
pub(crate) fn time<'a>(
    key: &Ident,
    example: &str,
    may_be_zero: bool,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Time>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (None, &[]);
    };
    if let Some((text, literal, rest)) = string(value) {
        let time = match duration::parse(&text) {
            Ok(time) if time.is_zero() && !may_be_zero => {
                errors.at(
                    &literal,
                    format!("`{key}` cannot be zero; write at least \"1ms\" or leave `{key}` out"),
                );
                None
            }
            Ok(time) => Some(Time { time, literal }),
            Err(wrong) => {
                errors.at(&literal, wrong);
                None
            }
        };
        return (time, rest);
    }
    let written = duration_in_code(value).unwrap_or_else(|| tokens(value).to_string().replace(' ', ""));
    let fix = match duration::guess(&written) {
        Some(meant) => format!("did you mean \"{}\"?", duration::show(meant)),
        None => format!("write `{example}`"),
    };
    errors.at(tokens(value), format!("a duration is a string with a unit; {fix}"));
    (None, &[])
}

/// A string.
pub(crate) fn text<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Text>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (None, &[]);
    };
    if let Some((text, literal, rest)) = string(value) {
        return (Some(Text { text, literal }), rest);
    }
    let fix = match value {
        [TokenTree::Ident(ident)] => format!("did you mean \"{ident}\"?"),
        _ => format!("write `{example}`"),
    };
    errors.at(tokens(value), format!("`{key}` takes a string in quotes; {fix}"));
    (None, &[])
}

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
    let length = path_length(value);
    let rest = &value[length.unwrap_or(0)..];
    let wrong = match (length, rest) {
        (Some(length), [] | [TokenTree::Ident(_) | TokenTree::Literal(_), ..]) => {
            let path = &value[..length];
            let last = last_segment(&ungroup(path)).expect("a complete path has a segment");
            return (
                Some(Path {
                    tokens: tokens(path),
                    last,
                }),
                rest,
            );
        }
        (Some(length), [TokenTree::Group(group), ..]) if group.delimiter() == Delimiter::Parenthesis => {
            let path = compact(&value[..length]);
            format!("`{key}` names a path and does not call it; write `{key} = {path}`")
        }
        (Some(length), [TokenTree::Punct(punct), ..]) if punct.as_char() == '<' => {
            let path = compact(&value[..length]);
            format!("type arguments in a path follow `::`; write `{key} = {path}::<...>`")
        }
        _ if is_closure(value) => {
            format!("`{key}` takes the path of a function, not a closure; write a function and name it: `{example}`")
        }
        _ => match string(value) {
            Some((text, ..)) => match text
                .parse::<TokenStream>()
                .map(|path| path.into_iter().collect::<Vec<_>>())
            {
                Ok(path) if path_length(&path) == Some(path.len()) => {
                    format!("`{key}` takes a path, not a string; drop the quotes: `{key} = {text}`")
                }
                _ => format!("`{key}` takes a path, not a string; write `{example}`"),
            },
            None => format!("`{key}` takes a path; write `{example}`"),
        },
    };
    errors.at(tokens(value), wrong);
    (None, &[])
}

/// What follows the `=`; reports where that or everything after it is missing.
fn after_equals<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> Option<&'a [TokenTree]> {
    match after {
        [] => errors.at(key, format!("`{key}` needs a value, such as `{example}`")),
        [equals] if is_punct(equals, '=') => errors.at(key, format!("`{key}` needs a value, such as `{example}`")),
        [equals, value @ ..] if is_punct(equals, '=') => return Some(value),
        [TokenTree::Group(group), ..] => {
            errors.at(group, format!("the value of `{key}` follows `=`; write `{example}`"));
        }
        [other, ..] => errors.at(
            other,
            format!("expected `=` after `{key}`, found `{other}`; write `{example}`"),
        ),
    }
    None
}

/// A string literal at the front, and what follows it.
fn string(value: &[TokenTree]) -> Option<(String, Literal, &[TokenTree])> {
    let (first, rest) = value.split_first()?;
    match ungroup(std::slice::from_ref(first)).as_slice() {
        [TokenTree::Literal(literal)] => match Lit::new(literal.clone()) {
            Lit::Str(text) if text.suffix().is_empty() => Some((text.value(), literal.clone(), rest)),
            _ => None,
        },
        _ => None,
    }
}

/// `Duration::from_secs(3)` as `3s`.
fn duration_in_code(value: &[TokenTree]) -> Option<String> {
    let [.., TokenTree::Ident(unit), TokenTree::Group(number)] = value else {
        return None;
    };
    let unit = match unit.to_string().as_str() {
        "from_secs" | "from_secs_f64" => "s",
        "from_millis" => "ms",
        "from_mins" => "m",
        "from_hours" => "h",
        _ => return None,
    };
    Some(format!("{}{unit}", number.stream()))
}

fn is_closure(value: &[TokenTree]) -> bool {
    let first = value
        .iter()
        .find(|token| !matches!(token, TokenTree::Ident(word) if *word == "move" || *word == "async"));
    first.is_some_and(|token| is_punct(token, '|'))
}

/// How many tokens at the front are a complete path. What stands between `<` and `>` is left to rustc.
fn path_length(tokens: &[TokenTree]) -> Option<usize> {
    let mut i = match tokens {
        [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::None => {
            let inner = ungroup(&tokens[..1]);
            (path_length(&inner)? == inner.len()).then_some(1)?
        }
        [first, ..] if is_punct(first, '<') => angles(tokens)?,
        _ => 0,
    };
    loop {
        let separated = matches!(&tokens[i..], [a, b, ..] if is_punct(a, ':') && is_punct(b, ':'));
        match tokens.get(i + 2 * usize::from(separated)) {
            Some(TokenTree::Ident(segment)) if is_segment(segment) && (separated || i == 0) => {}
            Some(open) if separated && i > 0 && is_punct(open, '<') => {
                i += 2 + angles(&tokens[i + 2..])?;
                continue;
            }
            _ if separated || i == 0 => return None,
            _ => return Some(i),
        }
        i += 1 + 2 * usize::from(separated);
    }
}

/// The name at the end of a path: `ping` in `a::ping::<u8>`.
fn last_segment(path: &[TokenTree]) -> Option<Ident> {
    let (mut i, mut last) = (0, None);
    while i < path.len() {
        if let TokenTree::Ident(segment) = &path[i] {
            last = Some(segment.clone());
        }
        i += angles(&path[i..]).unwrap_or(1);
    }
    last
}

/// Whether a path may have this segment: no keyword but those that paths are made of.
fn is_segment(word: &Ident) -> bool {
    ["crate", "self", "super", "Self"].iter().any(|keyword| word == keyword)
        || word == "$crate"
        || syn::parse2::<Ident>(TokenTree::from(word.clone()).into()).is_ok()
}

/// How many tokens `<…>` at the front takes; `None` if there is no `<`, or nothing closes it.
fn angles(tokens: &[TokenTree]) -> Option<usize> {
    let (mut depth, mut before) = (0_usize, ' ');
    for (i, token) in tokens.iter().enumerate() {
        let char = if let TokenTree::Punct(punct) = token {
            punct.as_char()
        } else {
            ' '
        };
        match char {
            '<' => depth += 1,
            // Not the end of `->` in `fn() -> u8`.
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return (i > 0).then_some(i + 1);
        }
        before = char;
    }
    None
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn tokens(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// A path without the spaces that printing puts between tokens.
fn compact(path: &[TokenTree]) -> String {
    tokens(path)
        .to_string()
        .replace(" :: ", "::")
        .replace(":: ", "::")
        .replace(" ::", "::")
}
