//! Parses the values of options: a flag has none, others have a duration, a number or a string. Each parser takes the
//! tokens after the option's name. It returns the value and the tokens that are left over.

use proc_macro2::{Ident, Literal, TokenTree};
use syn::Lit;

use crate::model::{Count, Text, Time};
use crate::util::duration::{self, Least};
use crate::util::errors::Errors;
use crate::util::tokens::{collect, hyphenated, is_punct, path_length, show_path, ungroup};

/// The largest number that an option takes. A larger threshold would hide an outage for too long.
pub(crate) const MAX_COUNT: u32 = 100;

/// Returns the error about a text that is wrong by itself, whatever the other options are.
pub(crate) type Wrong = fn(&str) -> Option<String>;

/// A value. If it is refused, the error is already reported. `Err` then has the value that the user probably meant, if
/// the macro can tell.
pub(crate) type Value<T> = Result<T, Option<T>>;

/// Parses a flag, and refuses a value after it.
pub(crate) fn flag<'a>(key: &Ident, after: &'a [TokenTree], errors: &mut Errors) -> (Value<()>, &'a [TokenTree]) {
    match after {
        [TokenTree::Punct(punct), ..] if punct.as_char() == '=' => {}
        [TokenTree::Group(_), ..] => {}
        _ => return (Ok(()), after),
    }
    let whole: Vec<TokenTree> = [key.clone().into()].into_iter().chain(after.iter().cloned()).collect();
    errors.at(
        collect(&whole),
        format!("`{key}` is a flag and takes no value; write `{key}` or leave it out"),
    );
    (Err(None), &[])
}

/// Parses a duration: a string with a unit.
pub(crate) fn time<'a>(
    key: &Ident,
    example: &str,
    least: Least,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Time>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (Err(None), &[]);
    };
    if let Some((text, literal, rest)) = string(value) {
        let wrong = match duration::parse(&text) {
            Ok(time) => match least.refuse(time) {
                None => return (Ok(Time { time, literal }), rest),
                Some(wrong) => format!("`{key}` {wrong}"),
            },
            Err(wrong) => wrong,
        };
        errors.at(&literal, wrong);
        return (Err(None), rest);
    }
    if is_computed(value) {
        errors.at(
            collect(value),
            computed(key, "a duration in a string literal", value, example),
        );
        return (Err(None), &[]);
    }
    let written = duration_in_code(value).unwrap_or_else(|| collect(value).to_string().replace(' ', ""));
    let written = written.trim_matches(['b', 'c', '"', '\'']);
    let fix = duration::suggestion(written).unwrap_or_else(|| format!("write `{example}`"));
    errors.at(collect(value), format!("a duration is a string with a unit; {fix}"));
    (Err(None), &[])
}

/// Parses a number of runs.
pub(crate) fn count<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Count>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (Err(None), &[]);
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
        return (count.map(|count| Count { count, literal }).ok_or(None), rest);
    }
    if is_computed(value) {
        errors.at(collect(value), computed(key, "a number literal", value, example));
        return (Err(None), &[]);
    }
    let fix = match digits(&collect(value).to_string()) {
        Some(count @ 1..=MAX_COUNT) => format!("{key} = {count}"),
        _ => example.to_owned(),
    };
    errors.at(collect(value), format!("`{key}` takes a whole number; write `{fix}`"));
    (Err(None), &[])
}

/// The number in `"3"`, `-3` or `3u32`. `None` for `1e2`, because that does not mean 1.
fn digits(written: &str) -> Option<u32> {
    let digits = written.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let is_exponent = digits[end..].starts_with(['e', 'E']);
    digits[..end].parse().ok().filter(|_| !is_exponent)
}

/// Parses a string.
pub(crate) fn text<'a>(
    key: &Ident,
    example: &str,
    wrong: Wrong,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Text>, &'a [TokenTree]) {
    let Some(value) = after_equals(key, example, after, errors) else {
        return (Err(None), &[]);
    };
    let Some((text, literal, rest)) = string(value) else {
        errors.at(collect(value), no_text(key, example, value));
        return (Err(None), &[]);
    };
    if let Some(wrong) = wrong(&text) {
        errors.at(&literal, wrong);
        return (Err(None), rest);
    }
    (Ok(Text { text, literal }), rest)
}

/// The message for something in place of a string.
pub(crate) fn no_text(key: &Ident, example: &str, value: &[TokenTree]) -> String {
    let fix = match value {
        _ if is_computed(value) => return computed(key, "a string literal", value, example),
        [TokenTree::Ident(_), ..] if hyphenated(value).len() == value.len() && !is_keyword(value) => {
            format!("did you mean \"{}\"?", hyphenated(value).concat())
        }
        [TokenTree::Literal(number)] if matches!(Lit::new(number.clone()), Lit::Int(_) | Lit::Float(_)) => {
            format!("did you mean \"{number}\"?")
        }
        [slash, TokenTree::Ident(_)] if is_punct(slash, '/') => format!("did you mean \"{}\"?", show_path(value)),
        _ => format!("write `{example}`"),
    };
    format!("`{key}` takes a string in quotes; {fix}")
}

/// The message for a constant or a macro.
fn computed(key: &Ident, takes: &str, value: &[TokenTree], example: &str) -> String {
    let written = show_path(value);
    let wrong = format!("`{key}` takes {takes}, because a macro cannot see the value of `{written}`");
    if written == format!("env!(\"CARGO_PKG_{}\")", key.to_string().to_uppercase()) {
        return format!("{wrong}; leave `{key}` out, because this is the default of the service");
    }
    format!("{wrong}; write `{example}`")
}

/// Whether the value is a constant or a macro: `SERVICE`, `names::SERVICE`, `concat!("a", "b")`.
fn is_computed(value: &[TokenTree]) -> bool {
    match value {
        [TokenTree::Ident(name)] => {
            let name = name.to_string();
            name.contains(char::is_uppercase) && !name.contains(char::is_lowercase)
        }
        [path @ .., bang, TokenTree::Group(_)] if is_punct(bang, '!') => path_length(path) == Some(path.len()),
        path => path_length(path) == Some(path.len()),
    }
}

/// The tokens after `=`. Reports a missing `=` or a missing value.
pub(crate) fn after_equals<'a>(
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
            let fix = right_value(key, example, &group.stream().into_iter().collect::<Vec<_>>());
            errors.at(group, format!("the value of `{key}` follows `=`; write `{fix}`"));
        }
        [other, value @ ..] => {
            let fix = right_value(key, example, value);
            errors.at(
                other,
                format!("expected `=` after `{key}`, found `{other}`; write `{fix}`"),
            );
        }
    }
    None
}

fn is_keyword(value: &[TokenTree]) -> bool {
    value.len() == 1 && syn::parse2::<Ident>(collect(value)).is_err()
}

/// The option as the user should write it: with the user's value if it is of the same kind as the example's value, or
/// else the example.
fn right_value(key: &Ident, example: &str, value: &[TokenTree]) -> String {
    let takes = example.split_once("= ").map_or("", |(_, value)| value);
    let is_right = match value {
        [TokenTree::Literal(literal)] => {
            let literal = literal.to_string();
            literal.starts_with('"') == takes.starts_with('"') && literal.len() < 80
        }
        [TokenTree::Ident(_), ..] => !takes.starts_with('"') && path_length(value) == Some(value.len()),
        _ => false,
    };
    if is_right {
        format!("{key} = {}", show_path(value))
    } else {
        example.to_owned()
    }
}

/// The string literal at the front, as text and as a token, and the tokens after it.
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
