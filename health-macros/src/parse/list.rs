//! Parses the options that take a list in parentheses: `groups("db")`, `checks(disk_space)`, `depends_on(db, "mail")`.

use proc_macro2::{Delimiter, Ident, TokenTree};
use syn::ext::IdentExt;

use crate::model::{Dependency, Path, Text};
use crate::parse::path;
use crate::parse::value;
use crate::parse::value::{Value, Wrong};
use crate::util::errors::Errors;
use crate::util::tokens::{collect, is_punct, next_comma, show_path, show_token, ungroup};
use crate::validate::text;

/// Parses strings: `groups("db", "core")`.
pub(crate) fn texts<'a>(
    key: &Ident,
    example: &str,
    wrong: Wrong,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Vec<Text>>, &'a [TokenTree]) {
    let mut seen = Vec::new();
    entries(key, example, after, errors, |entry, errors| {
        let Some((text, literal, rest)) = value::string(entry) else {
            errors.at(collect(entry), value::no_text(key, example, entry));
            return None;
        };
        if let Some(wrong) = wrong(&text) {
            errors.at(literal, wrong);
            return None;
        }
        if seen.contains(&text) {
            errors.at(
                literal,
                format!("{text:?} is named twice in `{key}`; remove one of them"),
            );
            return None;
        }
        seen.push(text.clone());
        Some((Text { text, literal }, rest))
    })
}

/// Parses paths of functions: `checks(disk_space, queue::depth)`.
pub(crate) fn paths<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Vec<Path>>, &'a [TokenTree]) {
    entries(key, example, after, errors, |entry, errors| {
        match path::read_path(entry) {
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

/// Parses fields and names of checks: `depends_on(db, "billing.ledger")`.
pub(crate) fn dependencies<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<Vec<Dependency>>, &'a [TokenTree]) {
    entries(key, example, after, errors, |entry, errors| {
        if let Some((text, literal, rest)) = value::string(entry) {
            if let Some(wrong) = text::dependency_error(&text) {
                errors.at(literal, wrong);
                return None;
            }
            return Some((Dependency::Name(Text { text, literal }), rest));
        }
        let (first, rest) = entry.split_at(1);
        let is_next = matches!(rest, [] | [TokenTree::Ident(_) | TokenTree::Literal(_), ..]);
        if let ([TokenTree::Ident(ident)], true) = (ungroup(first).as_slice(), is_next) {
            return Some((Dependency::Ident(ident.clone()), rest));
        }
        errors.at(collect(entry), no_dependency(key, example, entry));
        None
    })
}

/// The message for something in place of a field or a name.
fn no_dependency(key: &Ident, example: &str, entry: &[TokenTree]) -> String {
    let written = collect(entry).to_string().replace(' ', "");
    if let Some(field) = written.strip_prefix("self.")
        && syn::parse_str::<Ident>(field).is_ok()
    {
        return format!("`{key}` takes the field alone; write `{field}`");
    }
    if text::dependency_error(&written).is_none() && !written.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("a name that is not an identifier goes in quotes; write {written:?}");
    }
    if let Ok((path, [])) = path::read_path(entry) {
        let name = path.last.unraw().to_string();
        return format!(
            "`{key}` takes the name of a check, not a path; write {name:?}, or the `name` that the function sets"
        );
    }
    if let [TokenTree::Literal(_)] = entry {
        return format!(
            "`{key}` takes fields, and names in quotes; write the name of the check, as in `{key}(\"db\")`"
        );
    }
    format!("`{key}` takes fields, and names in quotes; write for example `{example}`")
}

/// Parses the entries of a list one by one. A bad entry does not hide the next one.
fn entries<'a, T>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
    mut read: impl for<'e> FnMut(&'e [TokenTree], &mut Errors) -> Option<(T, &'e [TokenTree])>,
) -> (Value<Vec<T>>, &'a [TokenTree]) {
    let (group, after) = match after {
        [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::Parenthesis => (group, rest),
        [equals, ..] if is_punct(equals, '=') => {
            errors.at(key, equals_instead(key, example, after));
            return (Err(None), &[]);
        }
        [TokenTree::Group(group), rest @ ..] => {
            errors.at(group, format!("`{key}` takes parentheses; write `{example}`"));
            return (Err(None), rest);
        }
        rest => {
            errors.at(key, format!("`{key}` needs a list in parentheses, such as `{example}`"));
            return (Err(None), rest);
        }
    };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    if tokens.is_empty() {
        errors.at(
            group,
            format!("`{key}()` is empty; write for example `{example}`, or leave `{key}` out"),
        );
        return (Err(None), after);
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
    (if whole { Ok(list) } else { Err(None) }, after)
}

/// The message for a list after `=`. It suggests `groups("db")` for `groups = "db"`, and `checks(disk_space)` for
/// `checks = [disk_space]`. `depends_on` takes both.
fn equals_instead(key: &Ident, example: &str, after: &[TokenTree]) -> String {
    let (takes_text, takes_words) = (example.contains('"'), !example.contains("(\""));
    let value = after.get(1..).unwrap_or_default();
    let value = match value {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => group.stream().into_iter().collect(),
        value => value.to_vec(),
    };
    let text = show_path(&value);
    let is_word = |token: &TokenTree| matches!(token, TokenTree::Ident(_));
    let fix = match value.as_slice() {
        [] => example.to_owned(),
        [word] if !takes_words && is_word(word) => format!("{key}(\"{text}\")"),
        _ if takes_text => format!("{key}({text})"),
        _ => format!("{key}({})", text.replace('"', "")),
    };
    format!("the entries of `{key}` go in parentheses; write `{fix}`")
}
