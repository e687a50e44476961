//! The part of a probe's URL behind the `?`.

use std::borrow::Cow;
use std::ops::Range;

use crate::engine::{Named, Names};

/// A query with more names than this is refused, so that no query is expensive.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Query<'a> {
    /// The checks to leave out, by a name of their own or of a nest. An unknown name leaves nothing out, so that it can
    /// make nothing green.
    pub(super) exclude: Vec<Range<usize>>,
    /// The groups that are asked for: a check in any of them is meant. None: all checks are.
    pub(super) groups: Vec<Cow<'a, str>>,
}

/// Reads `exclude=NAME` and `group=NAME`, both repeatable; everything else is for somebody else. `None`: too many names.
pub(super) fn parse<'a>(query: &'a str, names: &Names) -> Option<Query<'a>> {
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
            parsed.groups.push(value);
        } else {
            parsed.exclude.extend(names.named(&value).map(Named::checks));
        }
    }
    parsed.groups.sort_unstable();
    parsed.groups.dedup(); // a repeated group is looked up once
    Some(parsed)
}
