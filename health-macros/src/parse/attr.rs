//! Parses `#[health_check(...)]` and `#[health(...)]` option by option.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Attribute, MacroDelimiter, Meta};

use crate::model::{BreakerOptions, Place, Setting};
use crate::parse::grammar::{Kind, Options, To, find_row};
use crate::parse::list;
use crate::parse::path;
use crate::parse::unknown_option::unknown;
use crate::parse::value;
use crate::parse::value::Value;
use crate::util::errors::Errors;
use crate::util::tokens::{hyphenated, is_punct, next_comma, show_path, show_token, ungroup};

/// Finds the attribute `name`. Reports a second one, and the attribute `other`, which belongs elsewhere.
pub(crate) fn find<'a>(
    attrs: &'a [Attribute],
    name: &str,
    other: &str,
    place: Place,
    errors: &mut Errors,
) -> Option<&'a Attribute> {
    let mut found = None;
    for attr in attrs {
        if attr.path().is_ident(other) {
            let way_out = match place {
                Place::Struct => {
                    "move it to the field to be checked, or write `#[health(...)]` for options of the service"
                }
                _ => "write `#[health_check(...)]` here",
            };
            let place = place.phrase();
            errors.at(attr.path(), format!("`#[{other}]` does not belong {place}; {way_out}"));
        } else if attr.path().is_ident(name) {
            if found.is_some() {
                errors.at(
                    attr.path(),
                    format!("`#[{name}]` is given twice; put all options into one `#[{name}(...)]`"),
                );
            }
            found = found.or(Some(attr));
        }
    }
    found
}

/// Parses all options of an attribute. A bad option does not hide the next one.
pub(crate) fn parse<O: Options>(attribute: &Attribute, place: Place, errors: &mut Errors) -> O {
    match &attribute.meta {
        Meta::Path(_) => O::default(),
        Meta::NameValue(meta) => {
            errors.at(
                &meta.value,
                format!("options go in parentheses; write `{}`", O::ATTRIBUTE),
            );
            O::default()
        }
        Meta::List(list) => {
            if !matches!(list.delimiter, MacroDelimiter::Paren(_)) {
                errors.at(
                    attribute.path(),
                    format!("options go in parentheses; write `{}`", O::ATTRIBUTE),
                );
            }
            parse_options(list.tokens.clone(), place, errors)
        }
    }
}

/// Parses options separated by commas.
pub(crate) fn parse_options<O: Options>(tokens: TokenStream, place: Place, errors: &mut Errors) -> O {
    let mut options = O::default();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let end = next_comma(rest);
        if end == 0 {
            errors.at(&rest[0], "expected an option, found `,`; remove this comma");
        } else {
            parse_option(&mut options, &ungroup(&rest[..end]), place, errors);
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    options
}

/// Parses one option.
fn parse_option<O: Options>(options: &mut O, tokens: &[TokenTree], place: Place, errors: &mut Errors) {
    let key = match tokens {
        [TokenTree::Ident(key), ..] => key,
        [other, ..] => {
            errors.at(other, no_option::<O>(other, place));
            return;
        }
        // Invisible delimiters with nothing inside.
        [] => return,
    };
    let Some(row) = find_row::<O>(&key.to_string(), place) else {
        let name = hyphenated(tokens);
        let shown: TokenStream = tokens[..name.len()].iter().cloned().collect();
        let (said, meant) = unknown::<O>(&name.concat(), &show_path(tokens), place);
        errors.at(shown, said);
        if let Some(meant) = meant {
            meant.kind.refuse(options);
        }
        return;
    };
    let (example, after) = (row.example, &tokens[1..]);
    let rest = match &row.kind {
        Kind::Flag(to) => take(options, *to, key, errors, |errors| value::flag(key, after, errors)),
        Kind::Duration(to, least) => take(options, *to, key, errors, |errors| {
            value::time(key, example, *least, after, errors)
        }),
        Kind::Count(to) => take(options, *to, key, errors, |errors| {
            value::count(key, example, after, errors)
        }),
        Kind::Text(to, wrong) => take(options, *to, key, errors, |errors| {
            value::text(key, example, *wrong, after, errors)
        }),
        Kind::Path(to) => take(options, *to, key, errors, |errors| {
            path::path(key, example, after, errors)
        }),
        Kind::Module(to) => take(options, *to, key, errors, |errors| {
            path::module(key, example, after, errors)
        }),
        Kind::Texts(to, wrong) => take(options, *to, key, errors, |errors| {
            list::texts(key, example, *wrong, after, errors)
        }),
        Kind::Paths(to) => take(options, *to, key, errors, |errors| {
            list::paths(key, example, after, errors)
        }),
        Kind::Dependencies(to) => take(options, *to, key, errors, |errors| {
            list::dependencies(key, example, after, errors)
        }),
        Kind::Breaker(to) => take(options, *to, key, errors, |errors| breaker(key, example, after, errors)),
    };
    match rest {
        [] => {}
        // A comma is missing between two options. The second one is parsed too.
        [TokenTree::Ident(next), ..] if find_row::<O>(&next.to_string(), place).is_some() => {
            errors.at(next, format!("missing `,` between `{key}` and `{next}`"));
            parse_option(options, rest, place, errors);
        }
        [next, ..] => errors.at(
            next,
            format!("expected `,` after `{}`, found `{}`", row.name, show_token(next)),
        ),
    }
}

/// Parses what follows `breaker`: options in parentheses, or nothing.
fn breaker<'a>(
    key: &Ident,
    example: &str,
    after: &'a [TokenTree],
    errors: &mut Errors,
) -> (Value<BreakerOptions>, &'a [TokenTree]) {
    match after {
        [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::Parenthesis => {
            if group.stream().is_empty() {
                errors.at(
                    group,
                    format!("`{key}()` is empty; write `{key}` for the defaults, or `{example}`"),
                );
            }
            (Ok(parse_options(group.stream(), Place::Breaker, errors)), rest)
        }
        [equals, value @ ..] if is_punct(equals, '=') => {
            let fix = match value {
                [count @ TokenTree::Literal(_)] if count.to_string().parse::<u32>().is_ok() => {
                    format!("{key}(failures = {count})")
                }
                _ => example.to_owned(),
            };
            errors.at(key, format!("the options of `{key}` go in parentheses; write `{fix}`"));
            (Err(None), &[])
        }
        [TokenTree::Group(group), rest @ ..] => {
            errors.at(
                group,
                format!("the options of `{key}` go in parentheses; write `{example}`"),
            );
            (Err(None), rest)
        }
        rest => (Ok(BreakerOptions::default()), rest),
    }
}

/// The message for a token that cannot begin an option.
fn no_option<O: Options>(found: &TokenTree, place: Place) -> String {
    let text = show_token(found);
    let bare = text.trim_matches('"');
    let is_quoted = bare != text;
    if is_quoted && find_row::<O>(bare, place).is_some() {
        return format!("options are written without quotes; write `{bare}`");
    }
    let example = match place {
        Place::Breaker if text.bytes().all(|byte| byte.is_ascii_digit()) => format!("failures = {text}"),
        Place::Field | Place::Function if is_quoted => format!("name = {text}"),
        _ => O::TABLE[0].example.to_owned(),
    };
    format!("expected an option, such as `{example}`, found `{text}`")
}

/// Sets the option to the value that `read` returns. Returns the tokens that `read` left over.
fn take<'a, O: Options, T>(
    options: &mut O,
    to: To<O, T>,
    key: &Ident,
    errors: &mut Errors,
    read: impl FnOnce(&mut Errors) -> (Value<T>, &'a [TokenTree]),
) -> &'a [TokenTree] {
    let setting = to(options);
    if !setting.is_absent() {
        errors.at(key, format!("`{key}` is given twice; remove one of them"));
        // Skips the value and ignores its errors.
        return read(&mut Errors::default()).1;
    }
    let (value, rest) = read(errors);
    *setting = match value {
        Ok(value) => Setting::Given(key.clone(), value),
        Err(meant) => Setting::Refused(meant),
    };
    if setting.is_given() {
        options.note(key);
    }
    rest
}
