//! The table of the rules in the docs.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../health-runtime/docs/manifests.md");

/// The names of all rules in the docs.
pub(crate) fn documented() -> BTreeSet<String> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows
        .filter_map(|row| row.split_once("` | "))
        .map(|(name, _)| name.to_owned());
    names.collect()
}
