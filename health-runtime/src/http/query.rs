//! The part of a probe's URL behind the `?`.

use std::ops::Range;

use crate::engine::Engine;

/// More names than this nobody types. They are refused, so that no query costs more than a few looks at each check.
const MOST: usize = 64;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// The checks to leave out, by a name of their own or of a nest. An unknown name leaves nothing out, so that it can
    /// make nothing green.
    pub(super) exclude: Vec<Range<usize>>,
    /// The groups that are asked for: a check in any of them is meant. None: all checks are.
    pub(super) groups: Vec<String>,
}

/// Reads `exclude=NAME` and `group=NAME`, both repeatable; everything else is for somebody else. `None`: too many names.
pub(super) fn parse(query: &str, engine: &Engine) -> Option<Query> {
    let mut parsed = Query::default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    for (i, (key, value)) in pairs
        .filter(|(key, _)| matches!(&**key, "exclude" | "group"))
        .enumerate()
    {
        if i == MOST {
            return None;
        }
        if key == "group" {
            parsed.groups.push(value.into_owned());
            continue;
        }
        let check = engine.check_named(&value).map(|index| index..index + 1);
        parsed.exclude.extend(check.or_else(|| engine.nest_named(&value)));
    }
    Some(parsed)
}
