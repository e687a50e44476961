//! The values of options: a flag has none, the others are a duration, a number, a string or a path. Each reader takes
//! the tokens after the option's name and hands back what it left over.

use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};
use syn::{Lit, TypePath};

use crate::duration;
use crate::errors::Errors;
use crate::model::{Count, Path, Text, Time};
use crate::tokens::{collect, is_punct, last_segment, path_length, show_path, ungroup};

/// The largest number an option takes. With more failures in a row to wait for, nobody would hear of an outage.
const MAX_COUNT: u32 = 100;

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
    let written = duration_in_code(value).unwrap_or_else(|| collect(value).to_string().replace(' ', ""));
    let written = written.trim_matches(['b', 'c', '"', '\'']);
    let fix = duration::suggestion(written).unwrap_or_else(|| format!("write `{example}`"));
    errors.at(collect(value), format!("a duration is a string with a unit; {fix}"));
    (None, &[])
}

/// A number of runs.
pub(crate) fn count<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Count>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (None, &[]);
    };
    let (first, rest) = value.split_at(1);
    if let [TokenTree::Literal(literal)] = ungroup(first).as_slice()
        && let Lit::Int(number) = Lit::new(literal.clone())
        && number.suffix().is_empty()
    {
        let count = number
            .base10_parse()
            .ok()
            .filter(|count| (1..=MAX_COUNT).contains(count));
        if count.is_none() {
            let (wrong, fix) = if number.base10_digits() == "0" {
                ("cannot be 0", "write 1 or more".into())
            } else {
                ("is too large", format!("write at most {MAX_COUNT}"))
            };
            errors.at(literal, format!("`{key}` {wrong}; {fix}, or leave `{key}` out"));
        }
        let literal = literal.clone();
        return (count.map(|count| Count { count, literal }), rest);
    }
    let written = collect(value).to_string();
    let digits = written.trim_matches(|c: char| !c.is_ascii_digit());
    let fix = match digits.parse() {
        Ok(count @ 1..=MAX_COUNT) => format!("{key} = {count}"),
        _ => example.to_owned(),
    };
    errors.at(collect(value), format!("`{key}` takes a whole number; write `{fix}`"));
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
    errors.at(collect(value), no_text(key, example, value));
    (None, &[])
}

/// What to say of something that stands where a string should.
pub(crate) fn no_text(key: &Ident, example: &str, value: &[TokenTree]) -> String {
    let fix = match value {
        [TokenTree::Ident(word)] if syn::parse2::<Ident>(collect(value)).is_ok() => format!("did you mean \"{word}\"?"),
        [TokenTree::Literal(number)] if matches!(Lit::new(number.clone()), Lit::Int(_) | Lit::Float(_)) => {
            format!("did you mean \"{number}\"?")
        }
        [slash, TokenTree::Ident(_)] if is_punct(slash, '/') => format!("did you mean \"{}\"?", show_path(value)),
        _ => format!("write `{example}`"),
    };
    format!("`{key}` takes a string in quotes; {fix}")
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
        _ => match string(value) {
            Some((text, ..)) => NoPath::Text(is_path(&text).then_some(text)),
            None => NoPath::Other,
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
            Self::Text(Some(path)) => format!(
                "`{key}` takes a path, not a string; drop the quotes: `{}`",
                option(path)
            ),
            Self::Text(None) => format!("`{key}` takes a path, not a string; write `{example}`"),
            Self::Other => format!("`{key}` takes a path; write `{example}`"),
        }
    }
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
pub(crate) fn string(value: &[TokenTree]) -> Option<(String, Literal, &[TokenTree])> {
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
