//! Suggests a known word for an unknown one: "did you mean …?".

/// The message for a word that means something for a check but is no option, such as `disable` or `severity`. It says
/// what to remove or to write instead.
pub(crate) fn explanation(word: &str, owner: &str) -> Option<String> {
    Some(match normal(word).as_str() {
        "skip" | "ignore" | "ignored" | "disable" | "disabled" | "off" => {
            format!("a {owner} is a check only if it has `#[health_check]`; remove the attribute")
        }
        "enable" | "enabled" | "on" => {
            format!("a {owner} with `#[health_check]` is always a check; remove `{word}`")
        }
        "non_critical" | "noncritical" | "not_critical" | "uncritical" | "optional" | "degraded" | "soft" => {
            format!("the failure of a check only degrades the service, unless the check is `critical`; remove `{word}`")
        }
        "probe" | "probes" | "kind" | "type" => {
            "probes are named by flags; write `readiness`, `liveness` or `startup`".into()
        }
        "severity" | "level" | "priority" | "importance" => {
            format!("a check is `critical` or not; write `critical` or remove `{word}`")
        }
        _ => return None,
    })
}

/// The message for a word that means something for the service but is no option. It says what to write instead.
pub(crate) fn service_explanation(word: &str) -> Option<String> {
    let (shown, choice) = match normal(word).as_str() {
        "public_details" | "details" | "verbose" => ("error texts in public answers are", "details"),
        "status_only" | "hide_checks" | "hide_details" => ("a public answer without the checks is", "status"),
        _ => return None,
    };
    Some(format!("{shown} a choice of `public`; write `public = {choice:?}`"))
}

/// Spells a word as options are spelled: in lower case, with `_`.
pub(crate) fn normal(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// The known word that `word` probably means: the only one that begins with `word` (at least three letters), or else
/// the nearest one. The [`distance`] to it may be at most a third of the length of the longer word, or 1.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut begun = known.iter().filter(|name| word.len() > 2 && name.starts_with(word));
    if let (Some(only), None) = (begun.next(), begun.next()) {
        return Some(only);
    }
    let name = by_distance(word, known).next()?;
    (distance(word, name) <= (name.len().max(word.len()) / 3).max(1)).then_some(name)
}

/// The known words, nearest first.
pub(crate) fn by_distance<'a>(word: &str, known: &[&'a str]) -> impl Iterator<Item = &'a str> + use<'a> {
    let mut sorted = known.to_vec();
    sorted.sort_by_key(|name| distance(word, name));
    sorted.into_iter()
}

/// The number of edits that turn `a` into `b`. An edit adds, removes or changes a letter, or swaps two neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut two_above: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(two_above[j - 2] + 1);
            }
            row.push(least);
        }
        two_above = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest, normal};

    const KNOWN: [&str; 6] = ["critical", "timeout", "ttl", "with", "liveness", "max_age"];

    #[test]
    fn an_added_removed_changed_or_swapped_letter_counts_as_distance_one() {
        assert_eq!(distance("critical", "critical"), 0);
        assert_eq!(distance("critcal", "critical"), 1);
        assert_eq!(distance("tiemout", "timeout"), 1);
        assert_eq!(distance("", "ttl"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn nearest_finds_a_similar_option_and_ignores_a_distant_one() {
        for (word, meant) in [
            ("critcal", Some("critical")),
            ("Timeout", Some("timeout")),
            ("time_out", Some("timeout")),
            ("max-age", Some("max_age")),
            ("ttls", Some("ttl")),
            ("crit", Some("critical")),
            ("t", None),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(&normal(word), &KNOWN), meant, "{word}");
        }
    }
}
