//! The part of a probe's URL behind the `?`.

use crate::engine::Plan;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// The checks to leave out. An unknown name leaves nothing out, so that it can make nothing green.
    pub(super) exclude: Vec<usize>,
    /// The group that is asked for. No check declares one yet: a question for one is a question for nothing, and must
    /// not be answered as if all were meant.
    pub(super) group: Option<String>,
}

/// Reads `exclude=NAME` (repeatable) and `group=NAME`; everything else is for somebody else.
pub(super) fn parse(query: &str, plans: &[Plan]) -> Query {
    let mut parsed = Query::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "exclude" => {
                let named = plans.iter().position(|plan| plan.spec.name() == value);
                parsed
                    .exclude
                    .extend(named.filter(|index| !parsed.exclude.contains(index)));
            }
            "group" => parsed.group = Some(value.into_owned()),
            _ => {}
        }
    }
    parsed
}
