//! The query of a probe, after the `?` of the URL.

use std::borrow::Cow;
use std::ops::Range;

use crate::engine::{Named, Names};

/// A query with more names than this is refused, so that no query is expensive.
const MAX_PAIRS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Query<'a> {
    /// The checks to leave out, each named as a check or as a nested struct. An unknown name leaves nothing out, so it
    /// cannot make a failing probe pass.
    pub(super) exclude: Vec<Range<usize>>,
    /// The groups that the request asks for. A check is selected if it is in any of them. If this list is empty, all
    /// checks are selected.
    pub(super) groups: Vec<Cow<'a, str>>,
    /// A check of another service asks. The answer leaves out the checks that ask other services in turn, because they
    /// may ask the same service.
    pub(super) hops: bool,
}

/// Reads `exclude=NAME`, `group=NAME` and `hops`. All may be repeated, and other keys are ignored. Returns `None` if there are
/// too many names.
pub(super) fn parse<'a>(query: &'a str, names: &Names) -> Option<Query<'a>> {
    let mut parsed = Query::default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    for (i, (key, value)) in pairs
        .filter(|(key, _)| matches!(&**key, "exclude" | "group" | "hops"))
        .enumerate()
    {
        if i == MAX_PAIRS {
            return None;
        }
        if key == "group" {
            parsed.groups.push(value);
        } else if key == "hops" {
            parsed.hops = true;
        } else {
            parsed.exclude.extend(names.named(&value).map(Named::checks));
        }
    }
    parsed.groups.sort_unstable();
    parsed.groups.dedup(); // a repeated group is looked up once
    Some(parsed)
}
