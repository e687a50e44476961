//! The checks that a request asks about, as ordered ranges of indices.

use std::ops::Range;
use std::{iter, slice};

/// All checks, as ranges: for a request that names no check.
pub(crate) const WHOLE: &[Range<usize>] = slice::from_ref(&(0..usize::MAX));

/// The checks that a request asks about, if not all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// In order; no two overlap or touch.
    ranges: Vec<Range<usize>>,
    /// The index, if one check was asked for by its name. Its own state is then the answer.
    pub(crate) one: Option<usize>,
}

impl Selection {
    /// One check, asked for by its name.
    pub(crate) fn one(index: usize) -> Self {
        Self {
            ranges: iter::once(index..index + 1).collect(),
            one: Some(index),
        }
    }

    /// All checks in `included` that are not in `excluded`; both in any order.
    pub(crate) fn part(included: Vec<Range<usize>>, excluded: Vec<Range<usize>>) -> Self {
        Self {
            ranges: without(merged(included), &merged(excluded)),
            one: None,
        }
    }

    pub(crate) fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }
}

/// The part of the range below `len`.
pub(crate) fn clamped(range: &Range<usize>, len: usize) -> Range<usize> {
    range.start.min(len)..range.end.min(len)
}

/// The intersection of two ranges; may be empty.
pub(crate) fn common(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

/// Sorts ranges, and merges those that overlap or touch.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
    ranges
}

/// The first ranges without the second ones; both are in order.
fn without(ranges: Vec<Range<usize>>, out: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out = out.iter().peekable();
    let mut left = Vec::new();
    for Range { mut start, end } in ranges {
        while start < end {
            let Some(next) = out.peek().filter(|next| next.start < end) else {
                left.push(start..end);
                break;
            };
            if start < next.start {
                left.push(start..next.start);
            }
            start = start.max(next.end);
            if next.end <= end {
                out.next(); // the next range may lie after it
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    #[test]
    fn a_selection_contains_what_is_included_and_not_excluded() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..20_000 {
            let mut ranges = || -> Vec<_> {
                let count = rng.usize(..5);
                let range = |_| {
                    let start = rng.usize(..20);
                    start..start + rng.usize(..6)
                };
                (0..count).map(range).collect()
            };
            let (included, excluded) = (ranges(), ranges());
            let selection = Selection::part(included.clone(), excluded.clone());
            let has = |ranges: &[Range<usize>], index| ranges.iter().any(|range| range.contains(&index));
            for index in 0..30 {
                let expected = has(&included, index) && !has(&excluded, index);
                assert_eq!(
                    has(selection.ranges(), index),
                    expected,
                    "{index} in {included:?} without {excluded:?}"
                );
            }
            let ranges = selection.ranges();
            assert!(ranges.iter().all(|range| !range.is_empty()), "{ranges:?}");
            let is_ordered = ranges.windows(2).all(|pair| pair[0].end < pair[1].start);
            assert!(is_ordered, "{ranges:?} of {included:?} without {excluded:?}");
        }
    }
}
