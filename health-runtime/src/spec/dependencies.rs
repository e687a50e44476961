//! Which checks a check depends on. The names in `depends_on` become indices. An unknown name or a circle fails the
//! start.
//!
//! The search for a circle is a loop, not a recursion: a chain of many checks must not overflow the stack.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use super::{CheckSpec, Nest};
use crate::start_error::StartError;

/// The indices of the checks that a check depends on directly, ordered, each once.
pub(crate) type Dependencies = Box<[usize]>;

/// An error shows at most this many names.
const MOST_NAMES: usize = 8;

/// Finds the dependencies of each check. Names are unique here, see [`unique`](fn@crate::spec::unique).
pub(crate) fn dependencies(specs: &[&CheckSpec], nests: &[Nest]) -> Result<Vec<Dependencies>, StartError> {
    if specs.iter().all(|spec| spec.texts().depends_on.is_empty()) {
        return Ok(vec![Dependencies::default(); specs.len()]);
    }
    let names = Names::new(specs, nests);
    let found = specs
        .iter()
        .enumerate()
        .map(|(index, spec)| names.dependencies(index, spec));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    match circle(&found) {
        None => Ok(found),
        Some(circle) => Err(refused(specs[circle[0]], circle_problem(&circle, specs))),
    }
}

/// What each name refers to: a check, or the checks of a nest.
struct Names<'a>(HashMap<&'a str, Range<usize>>);

impl<'a> Names<'a> {
    fn new(specs: &[&'a CheckSpec], nests: &'a [Nest]) -> Self {
        let checks = specs.iter().enumerate();
        let checks = checks.map(|(index, spec)| (spec.name(), index..index + 1));
        let nests = nests.iter().map(|nest| (&*nest.name, nest.checks.clone()));
        Self(checks.chain(nests).collect())
    }

    fn dependencies(&self, index: usize, spec: &CheckSpec) -> Result<Dependencies, StartError> {
        let mut found = Vec::with_capacity(spec.texts().depends_on.len());
        for name in &spec.texts().depends_on {
            let Some(checks) = self.find(name, index, spec.name()) else {
                return Err(refused(spec, self.unknown(name, spec.name())));
            };
            if checks.contains(&index) {
                return Err(refused(spec, itself(name, checks)));
            }
            found.extend(checks.clone());
        }
        found.sort_unstable();
        found.dedup();
        Ok(found.into())
    }

    /// Looks for the name in the nest of the check, then in the nests around it, then among all names.
    fn find(&self, name: &str, index: usize, check: &str) -> Option<&Range<usize>> {
        let before_dots = check.rmatch_indices('.').map(|(dot, _)| &check[..dot]);
        let mut around = before_dots.filter(|nest| self.0.get(nest).is_some_and(|checks| checks.contains(&index)));
        around
            .find_map(|nest| self.0.get(&*format!("{nest}.{name}")))
            .or_else(|| self.0.get(name))
    }

    fn unknown(&self, name: &str, check: &str) -> String {
        let word = last_part(name);
        let mut known: Vec<_> = self.0.keys().copied().filter(|known| *known != check).collect();
        known.sort_unstable_by_key(|known| (Reverse(common_prefix(word, last_part(known))), *known));
        let found = format!("`depends_on` names {name:?}, but no check has this name");
        match known.as_slice() {
            [] => format!("{found}; remove it"),
            [first, ..] if last_part(first) == word => format!("{found}; did you mean {first:?}?"),
            known if known.len() > MOST_NAMES => format!(
                "{found}; the nearest of {} names are {}",
                known.len(),
                quoted(&known[..MOST_NAMES]).join(", ")
            ),
            known => format!("{found}; expected one of {}", quoted(known).join(", ")),
        }
    }
}

fn refused(spec: &CheckSpec, problem: String) -> StartError {
    StartError::Check {
        name: spec.name().to_owned(),
        problem,
    }
}

fn itself(name: &str, checks: &Range<usize>) -> String {
    if checks.len() == 1 {
        return format!("it depends on itself; remove {name:?} from `depends_on`");
    }
    format!("`depends_on` names {name:?}, which includes this check; name the other checks of it one by one")
}

fn circle_problem(circle: &[usize], specs: &[&CheckSpec]) -> String {
    let shown: Vec<_> = circle
        .iter()
        .take(MOST_NAMES)
        .map(|index| specs[*index].name())
        .collect();
    let (shown, first) = (quoted(&shown), quoted(&shown[..1]).concat());
    let more = if circle.len() > MOST_NAMES { " → …" } else { "" };
    let shown = shown.join(" → ");
    format!("it depends on itself: {shown}{more} → {first}; remove one of these dependencies")
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// Finds checks of which each depends on the next, and the last on the first. The first one has the smallest index.
fn circle(dependencies: &[Dependencies]) -> Option<Vec<usize>> {
    // How many dependencies of each check the search has followed. Once it is all of them, the check is in no circle.
    let mut followed = vec![0; dependencies.len()];
    let mut is_on_path = vec![false; dependencies.len()];
    let mut path = Vec::new();
    for start in 0..dependencies.len() {
        path.push(start);
        while let Some(&last) = path.last() {
            is_on_path[last] = true;
            let Some(&next) = dependencies[last].get(followed[last]) else {
                is_on_path[last] = false;
                path.pop();
                continue;
            };
            followed[last] += 1;
            path.push(next);
            if is_on_path[next] {
                return Some(closed(path));
            }
        }
    }
    None
}

/// The circle at the end of the path, whose last check is on the path twice.
fn closed(mut path: Vec<usize>) -> Vec<usize> {
    let last = path.pop();
    let first = path.iter().position(|index| Some(*index) == last).unwrap_or_default();
    let mut circle = path.split_off(first);
    let smallest = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or_default();
    circle.rotate_left(smallest);
    circle
}

#[cfg(test)]
mod tests;
