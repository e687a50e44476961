//! The values of options that take a list in parentheses: `groups("db")`, `checks(disk_space)`, `breaker(failures = 5)`.

use proc_macro2::{Delimiter, Ident, TokenTree};

use crate::attr::parse_options;
use crate::errors::Errors;
use crate::grammar::Place;
use crate::model::{BreakerOptions, Path, Text};
use crate::tokens::{collect, is_punct, next_comma, show_token};
use crate::value;

/// Strings: `groups("db", "core")`.
pub(crate) fn texts<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Vec<Text>>, &'a [TokenTree]) {
    entries(key, example, after, errors, |entry, errors| {
        if let Some((text, literal, rest)) = value::string(entry) {
            return Some((Text { text, literal }, rest));
        }
        errors.at(collect(entry), value::no_text(key, example, entry));
        None
    })
}

/// Paths of functions: `checks(disk_space, queue::depth)`.
pub(crate) fn paths<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<Vec<Path>>, &'a [TokenTree]) {
    entries(key, example, after, errors, |entry, errors| {
        match value::read_path(entry) {
            Ok((path, rest)) => Some((path, rest)),
            Err(wrong) => {
                errors.at(
                    collect(entry),
                    wrong.describe(key, example, |path| format!("{key}({path})")),
                );
                None
            }
        }
    })
}

/// Options in parentheses, or none at all: `breaker(failures = 5)`, `breaker`.
pub(crate) fn breaker<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Option<BreakerOptions>, &'a [TokenTree]) {
    match after {
        [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::Parenthesis => {
            if group.stream().is_empty() {
                errors.at(
                    group,
                    format!("`{key}()` says nothing; write `{key}` for the defaults, or `{example}`"),
                );
            }
            (Some(parse_options(group.stream(), Place::Breaker, errors)), rest)
        }
        [equals, ..] if is_punct(equals, '=') => {
            errors.at(
                key,
                format!("the options of `{key}` stand in parentheses; write `{example}`"),
            );
            (None, &[])
        }
        [TokenTree::Group(group), rest @ ..] => {
            errors.at(
                group,
                format!("the options of `{key}` stand in parentheses; write `{example}`"),
            );
            (None, rest)
        }
        rest => (Some(BreakerOptions::default()), rest),
    }
}

/// Reads the entries of a list one by one: a bad one does not hide the next.
fn entries<'a, T>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
    read: impl for<'e> Fn(&'e [TokenTree], &mut Errors) -> Option<(T, &'e [TokenTree])>,
) -> (Option<Vec<T>>, &'a [TokenTree]) {
    let (group, after) = match after {
        [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::Parenthesis => (group, rest),
        [equals, ..] if is_punct(equals, '=') => {
            errors.at(key, equals_instead(key, example, after));
            return (None, &[]);
        }
        [TokenTree::Group(group), rest @ ..] => {
            errors.at(group, format!("`{key}` takes parentheses; write `{example}`"));
            return (None, rest);
        }
        rest => {
            errors.at(key, format!("`{key}` needs a list in parentheses, such as `{example}`"));
            return (None, rest);
        }
    };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    if tokens.is_empty() {
        errors.at(
            group,
            format!("`{key}()` is empty; write for example `{example}`, or leave `{key}` out"),
        );
        return (None, after);
    }
    let (mut list, mut whole) = (Vec::new(), true);
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let end = next_comma(rest);
        let entry = &rest[..end];
        if entry.is_empty() {
            errors.at(
                &rest[0],
                format!("expected an entry of `{key}`, found `,`; remove this comma"),
            );
        } else if let Some((value, left)) = read(entry, errors) {
            list.push(value);
            if let [next, ..] = left {
                errors.at(
                    next,
                    format!(
                        "expected `,` between the entries of `{key}`, found `{}`",
                        show_token(next)
                    ),
                );
            }
        } else {
            whole = false;
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    (whole.then_some(list), after)
}

/// `groups = "db"` as `groups("db")`.
fn equals_instead(key: &Ident, example: &str, after: &[TokenTree]) -> String {
    let fix = match after {
        [_, value @ TokenTree::Literal(_)] => format!("{key}({value})"),
        [_, TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket && !group.stream().is_empty() => {
            format!("{key}({})", group.stream())
        }
        _ => example.to_owned(),
    };
    format!("the entries of `{key}` stand in parentheses; write `{fix}`")
}
