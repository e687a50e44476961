//! The query of a probe, after the `?` of the URL.

use std::borrow::Cow;
use std::ops::Range;

use crate::engine::{Named, Names};

/// A query with more names in `exclude` and `group` than this is refused, so that no query is expensive.
pub(super) const MAX_NAMES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Query<'a> {
    /// The checks to leave out, each named as a check or as a nested struct. An unknown name leaves nothing out, so it
    /// cannot make a failing probe pass.
    pub(crate) exclude: Vec<(Cow<'a, str>, Range<usize>)>,
    /// The names to leave out that no check has.
    pub(crate) unmatched: Vec<Cow<'a, str>>,
    /// The groups that the request asks for. A check is selected if it is in any of them. If this list is empty, all
    /// checks are selected.
    pub(crate) groups: Vec<Cow<'a, str>>,
    /// A check of another service asks. The answer leaves out the checks that ask other services in turn, because they
    /// may ask the same service.
    pub(crate) hops: bool,
    /// The name of the format.
    pub(crate) format: Option<Cow<'a, str>>,
    /// The text format names every check, also if all of them pass.
    pub(crate) verbose: bool,
    /// The internal JSON has the history of each check.
    pub(crate) history: bool,
}

/// Reads `exclude=NAME`, `group=NAME`, `format=NAME`, `verbose`, `history` and `hops`. All may be repeated, and other
/// keys are ignored. Returns `None` if there are too many names.
pub(crate) fn parse<'a>(query: &'a str, names: &Names) -> Option<Query<'a>> {
    let mut parsed = Query::default();
    let mut count = 0;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if matches!(&*key, "exclude" | "group") {
            count += 1;
            if count > MAX_NAMES {
                return None;
            }
        }
        match &*key {
            "group" => parsed.groups.push(value),
            "hops" => parsed.hops = true,
            "format" => parsed.format = Some(value),
            "verbose" => parsed.verbose = true,
            "history" => parsed.history = true,
            "exclude" => match names.named(&value).map(Named::checks) {
                Some(checks) => parsed.exclude.push((value, checks)),
                None => parsed.unmatched.push(value),
            },
            _ => {}
        }
    }
    parsed.groups.sort_unstable();
    parsed.groups.dedup(); // a repeated group is looked up once
    Some(parsed)
}
