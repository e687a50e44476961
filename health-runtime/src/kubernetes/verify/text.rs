//! How lists, near misses and declared durations read.

use std::time::Duration;

/// As the macros take a duration: `7s`, `1500ms`.
pub(super) fn declared(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{}s", time.as_secs())
    } else {
        format!("{}ms", time.as_millis())
    }
}

/// `a`, `b` and `c`, at most eight of them.
pub(super) fn list<T: AsRef<str>>(texts: &[T], last: &str) -> String {
    const MOST: usize = 8;
    let quoted: Vec<_> = texts
        .iter()
        .take(MOST)
        .map(|text| format!("`{}`", text.as_ref()))
        .collect();
    if texts.len() > MOST {
        return format!("{}, …", quoted.join(", "));
    }
    match quoted.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => quoted.join(", "),
    }
}

/// How many letters have to be changed, added or removed.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// The text that differs least from this one, if it is near.
pub(super) fn near<'a>(text: &str, all: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if text.len() > LONGEST {
        return None;
    }
    let lower = text.to_lowercase();
    let distances = all.into_iter().filter(|known| known.len() <= LONGEST);
    let distances = distances.map(|known| (distance(&lower, &known.to_lowercase()), known));
    let (distance, near) = distances.min()?;
    (distance <= near.len().div_ceil(3)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_found_and_a_far_one_is_not() {
        let known = ["periodSeconds", "timeoutSeconds", "failureThreshold"];
        assert_eq!(near("periodSecond", known), Some("periodSeconds"));
        assert_eq!(near("failuretreshold", known), Some("failureThreshold"));
        assert_eq!(near("labels", known), None);
    }
}
