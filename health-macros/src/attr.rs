//! The grammar of `#[health_check(...)]` and `#[health(...)]`: one table of options each, from which parsing, the
//! messages and the search for duplicates all come.
//!
//! A new option is a row here, a field in `model.rs`, and a line in `derive.rs`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Attribute, MacroDelimiter, Meta};

use crate::errors::Errors;
use crate::model::{CheckOptions, Path, Setting, StateOptions, Text, Time};
use crate::tokens::{hyphenated, next_comma, ungroup};
use crate::{suggest, value};

/// One option: its name, how it is typed, and where its value goes.
pub(crate) struct Row<O> {
    name: &'static str,
    /// As it would be typed, for messages.
    example: &'static str,
    slot: Slot<O>,
}

type To<O, T> = fn(&mut O) -> &mut Setting<T>;

enum Slot<O> {
    Flag(To<O, ()>),
    Duration(To<O, Time>),
    /// A duration that may be zero.
    DurationOrZero(To<O, Time>),
    Text(To<O, Text>),
    Path(To<O, Path>),
}

/// The options of one attribute.
pub(crate) trait Options: Default + 'static {
    /// The attribute, as messages quote it.
    const ATTRIBUTE: &'static str;
    /// Where it stands.
    const PLACE: &'static str;
    const TABLE: &'static [Row<Self>];
    /// The attribute that a misplaced option may belong to.
    type Other: Options;
}

impl Options for CheckOptions {
    const ATTRIBUTE: &'static str = "#[health_check(...)]";
    const PLACE: &'static str = "on a field";
    #[rustfmt::skip] // a row is a line
    const TABLE: &'static [Row<Self>] = &[
        row("critical", "critical", Slot::Flag(|o| &mut o.critical)),
        row("timeout", "timeout = \"3s\"", Slot::Duration(|o| &mut o.timeout)),
        row("interval", "interval = \"10s\"", Slot::Duration(|o| &mut o.interval)),
        row("ttl", "ttl = \"1s\"", Slot::DurationOrZero(|o| &mut o.ttl)),
        row("max_age", "max_age = \"45s\"", Slot::Duration(|o| &mut o.max_age)),
        row("readiness", "readiness", Slot::Flag(|o| &mut o.readiness)),
        row("startup", "startup", Slot::Flag(|o| &mut o.startup)),
        row("liveness", "liveness", Slot::Flag(|o| &mut o.liveness)),
        row("in_process", "in_process", Slot::Flag(|o| &mut o.in_process)),
        row("restart_helps", "restart_helps = \"why\"", Slot::Text(|o| &mut o.restart_helps)),
        row("name", "name = \"db\"", Slot::Text(|o| &mut o.name)),
        row("description", "description = \"orders database\"", Slot::Text(|o| &mut o.description)),
        row("with", "with = path::to::check", Slot::Path(|o| &mut o.with)),
    ];
    type Other = StateOptions;
}

impl Options for StateOptions {
    const ATTRIBUTE: &'static str = "#[health(...)]";
    const PLACE: &'static str = "on the struct";
    #[rustfmt::skip] // a row is a line
    const TABLE: &'static [Row<Self>] = &[
        row("name", "name = \"orders\"", Slot::Text(|o| &mut o.name)),
        row("version", "version = \"1.4.0\"", Slot::Text(|o| &mut o.version)),
        row("timeout", "timeout = \"3s\"", Slot::Duration(|o| &mut o.timeout)),
        row("interval", "interval = \"10s\"", Slot::Duration(|o| &mut o.interval)),
        row("ttl", "ttl = \"1s\"", Slot::DurationOrZero(|o| &mut o.ttl)),
        row("probe_budget", "probe_budget = \"800ms\"", Slot::Duration(|o| &mut o.probe_budget)),
        row("prefix", "prefix = \"/health\"", Slot::Text(|o| &mut o.prefix)),
        row("manual_start", "manual_start", Slot::Flag(|o| &mut o.manual_start)),
        row("public_details", "public_details", Slot::Flag(|o| &mut o.public_details)),
        row("drain", "drain = \"10s\"", Slot::DurationOrZero(|o| &mut o.drain)),
        row("shutdown_grace", "shutdown_grace = \"20s\"", Slot::Duration(|o| &mut o.shutdown_grace)),
        row("crate", "crate = path::to::health_runtime", Slot::Path(|o| &mut o.krate)),
    ];
    type Other = CheckOptions;
}

const fn row<O>(name: &'static str, example: &'static str, slot: Slot<O>) -> Row<O> {
    Row { name, example, slot }
}

/// Finds the attribute called `name`, reporting a second one, and one called `other`, which belongs elsewhere.
pub(crate) fn find<'a>(
    attrs: &'a [Attribute],
    name: &str,
    other: &str,
    place: &str,
    errors: &mut Errors,
) -> Option<&'a Attribute> {
    let mut found = None;
    for attr in attrs {
        if attr.path().is_ident(other) {
            let way_out = if other == "health_check" {
                "move it to the field to be checked, or write `#[health(...)]` for options of the service"
            } else {
                "write `#[health_check(...)]` here"
            };
            errors.at(
                attr.path(),
                format!("`#[{other}]` does not belong on {place}; {way_out}"),
            );
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

/// Reads an attribute option by option: a bad one does not hide the next.
pub(crate) fn parse<O: Options>(attribute: &Attribute, errors: &mut Errors) -> O {
    let mut options = O::default();
    match &attribute.meta {
        Meta::Path(_) => {}
        Meta::NameValue(meta) => {
            errors.at(
                &meta.value,
                format!("options stand in parentheses; write `{}`", O::ATTRIBUTE),
            );
        }
        Meta::List(list) => {
            if !matches!(list.delimiter, MacroDelimiter::Paren(_)) {
                errors.at(
                    attribute.path(),
                    format!("options stand in parentheses; write `{}`", O::ATTRIBUTE),
                );
            }
            let tokens: Vec<TokenTree> = list.tokens.clone().into_iter().collect();
            let mut rest = tokens.as_slice();
            while !rest.is_empty() {
                let end = next_comma(rest);
                if end == 0 {
                    errors.at(&rest[0], "expected an option, found `,`; remove this comma");
                } else {
                    parse_option(&mut options, &ungroup(&rest[..end]), errors);
                }
                rest = rest.get(end + 1..).unwrap_or_default();
            }
        }
    }
    options
}

/// Reads one option.
fn parse_option<O: Options>(options: &mut O, tokens: &[TokenTree], errors: &mut Errors) {
    let key = match tokens {
        [TokenTree::Ident(key), ..] => key,
        [other, ..] => {
            let text = show(other);
            let row = find_row::<O>(text.trim_matches('"')).unwrap_or(&O::TABLE[0]);
            errors.at(
                other,
                format!("expected an option, such as `{}`, found `{text}`", row.example),
            );
            return;
        }
        // Nothing in invisible delimiters.
        [] => return,
    };
    let Some(row) = find_row::<O>(&key.to_string()) else {
        let name = hyphenated(tokens);
        let shown: TokenStream = tokens[..name.len()].iter().cloned().collect();
        errors.at(shown, unknown::<O>(&name.concat()));
        return;
    };
    let rest = match &row.slot {
        Slot::Flag(to) => {
            let rest = value::flag(key, &tokens[1..], errors);
            set(to(options), key, Some(()), errors);
            rest
        }
        Slot::Duration(to) => {
            let (time, rest) = value::time(key, row.example, false, &tokens[1..], errors);
            set(to(options), key, time, errors);
            rest
        }
        Slot::DurationOrZero(to) => {
            let (time, rest) = value::time(key, row.example, true, &tokens[1..], errors);
            set(to(options), key, time, errors);
            rest
        }
        Slot::Text(to) => {
            let (text, rest) = value::text(key, row.example, &tokens[1..], errors);
            set(to(options), key, text, errors);
            rest
        }
        Slot::Path(to) => {
            let (path, rest) = value::path(key, row.example, &tokens[1..], errors);
            set(to(options), key, path, errors);
            rest
        }
    };
    match rest {
        [] => {}
        // Two options without a comma between them: the second is read as well.
        [TokenTree::Ident(next), ..] if find_row::<O>(&next.to_string()).is_some() => {
            errors.at(next, format!("missing `,` between `{key}` and `{next}`"));
            parse_option(options, rest, errors);
        }
        [next, ..] => errors.at(
            next,
            format!("expected `,` after `{}`, found `{}`", row.name, show(next)),
        ),
    }
}

fn set<T>(setting: &mut Setting<T>, key: &Ident, value: Option<T>, errors: &mut Errors) {
    if setting.is_given() {
        errors.at(key, format!("`{key}` is given twice; remove one of them"));
        return;
    }
    *setting = match value {
        Some(value) => Setting::Given(key.clone(), value),
        None => Setting::Refused(key.clone()),
    };
}

fn find_row<O: Options>(name: &str) -> Option<&'static Row<O>> {
    O::TABLE.iter().find(|row| row.name == name)
}

fn unknown<O: Options>(name: &str) -> String {
    if find_row::<O::Other>(name).is_some() {
        let (theirs, place) = (<O::Other>::ATTRIBUTE, <O::Other>::PLACE);
        return format!("`{name}` does not belong {}; write it in `{theirs}` {place}", O::PLACE);
    }
    let found = format!("unknown option `{name}` in `{}`", O::ATTRIBUTE);
    if let Some(nearest) = suggest::nearest(name, O::TABLE.iter().map(|row| row.name)) {
        return format!("{found}; did you mean `{nearest}`?");
    }
    let names: Vec<String> = O::TABLE.iter().map(|row| format!("`{}`", row.name)).collect();
    format!("{found}; expected one of {}", names.join(", "))
}

/// A token as messages quote it: groups by their first character, since all of it would be too much.
fn show(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "(".into(),
            Delimiter::Brace => "{".into(),
            Delimiter::Bracket => "[".into(),
            Delimiter::None => group.stream().to_string(),
        },
        other => other.to_string(),
    }
}
