//! The part of a probe's URL behind the `?`.

use std::ops::Range;

use crate::engine::Engine;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// The checks to leave out, by a name of their own or of a nest. An unknown name leaves nothing out, so that it can
    /// make nothing green.
    pub(super) exclude: Vec<Range<usize>>,
    /// The groups that are asked for: a check in any of them is meant. None: all checks are.
    pub(super) groups: Vec<String>,
}

/// Reads `exclude=NAME` and `group=NAME`, both repeatable; everything else is for somebody else.
pub(super) fn parse(query: &str, engine: &Engine) -> Query {
    let mut parsed = Query::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "exclude" => {
                let check = engine.check_named(&value).map(|index| index..index + 1);
                let named = check.or_else(|| engine.nest_named(&value));
                parsed
                    .exclude
                    .extend(named.filter(|checks| !parsed.exclude.contains(checks)));
            }
            "group" if !parsed.groups.iter().any(|group| *group == value) => parsed.groups.push(value.into_owned()),
            _ => {}
        }
    }
    parsed
}
