//! Did you mean: the known word nearest to a misspelt one.

/// What the same thing is called elsewhere, for words that no misspelling explains.
const SYNONYMS: &[(&str, &str)] = &[
    ("alias", "name"),
    ("base", "prefix"),
    ("base_path", "prefix"),
    ("budget", "probe_budget"),
    ("cache", "ttl"),
    ("check", "with"),
    ("check_with", "with"),
    ("circuit", "breaker"),
    ("circuit_breaker", "breaker"),
    ("deadline", "timeout"),
    ("desc", "description"),
    ("details", "public_details"),
    ("doc", "description"),
    ("docs", "runbook"),
    ("drain_timeout", "drain"),
    ("every", "interval"),
    ("flatten", "nested"),
    ("fn", "with"),
    ("fns", "checks"),
    ("func", "with"),
    ("function", "checks"),
    ("function", "with"),
    ("functions", "checks"),
    ("grace", "shutdown_grace"),
    ("interval_ms", "interval"),
    ("interval_secs", "interval"),
    ("link", "runbook"),
    ("live", "liveness"),
    ("livez", "liveness"),
    ("mandatory", "critical"),
    ("path", "prefix"),
    ("period", "interval"),
    ("ready", "readiness"),
    ("readyz", "readiness"),
    ("rename", "name"),
    ("required", "critical"),
    ("reset_after", "reset"),
    ("retries", "failure_threshold"),
    ("retry", "failure_threshold"),
    ("service", "name"),
    ("service_name", "name"),
    ("slow", "degraded_after"),
    ("slow_after", "degraded_after"),
    ("stale_after", "max_age"),
    ("startupz", "startup"),
    ("sync", "blocking"),
    ("tag", "groups"),
    ("tags", "groups"),
    ("threshold", "failure_threshold"),
    ("time_to_live", "ttl"),
    ("timeout_ms", "timeout"),
    ("timeout_secs", "timeout"),
    ("url", "runbook"),
    ("verbose", "public_details"),
];

/// What to say of a word that stands for no option of a check, because what it says is said by leaving something out.
pub(crate) fn explanation(word: &str, owner: &str) -> Option<String> {
    Some(match word.to_lowercase().replace('-', "_").as_str() {
        "skip" | "ignore" | "ignored" | "disable" | "disabled" | "off" => {
            format!("a {owner} is a check only if it has `#[health_check]`; remove the attribute")
        }
        "enable" | "enabled" | "on" => {
            format!("a {owner} with `#[health_check]` is always a check; remove `{word}`")
        }
        "non_critical" | "noncritical" | "not_critical" | "uncritical" | "optional" | "degraded" | "soft" => {
            format!("the failure of a check only degrades the service, unless it says `critical`; remove `{word}`")
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

/// The one of `known` that was probably meant by `word`: its synonym, the only one that begins so, or one that is at
/// most a third of its letters away.
pub(crate) fn nearest(word: &str, known: impl Iterator<Item = &'static str> + Clone) -> Option<&'static str> {
    let word = word.to_lowercase().replace('-', "_");
    // Some words mean one thing on a field and another on the struct.
    let mut synonyms = SYNONYMS.iter().filter(|(other, _)| *other == word);
    if let Some((_, ours)) = synonyms.find(|(_, ours)| known.clone().any(|name| name == *ours)) {
        return Some(ours);
    }
    let mut begun = known.clone().filter(|name| word.len() > 2 && name.starts_with(&word));
    if let (Some(only), None) = (begun.next(), begun.next()) {
        return Some(only);
    }
    known
        .map(|name| (distance(&word, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be added, removed, changed or swapped with their neighbour to make `b` of `a`.
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
    use super::{distance, nearest};

    const KNOWN: [&str; 6] = ["critical", "timeout", "ttl", "with", "liveness", "max_age"];

    #[test]
    fn letters_added_removed_changed_and_swapped_count_one_each() {
        assert_eq!(distance("critical", "critical"), 0);
        assert_eq!(distance("critcal", "critical"), 1);
        assert_eq!(distance("tiemout", "timeout"), 1);
        assert_eq!(distance("", "ttl"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_near_miss_is_found_and_a_far_one_is_not() {
        for (word, meant) in [
            ("critcal", Some("critical")),
            ("Timeout", Some("timeout")),
            ("time_out", Some("timeout")),
            ("max-age", Some("max_age")),
            ("ttls", Some("ttl")),
            ("crit", Some("critical")),
            ("t", None),
            ("required", Some("critical")),
            ("ready", None), // `readiness` is not among the known words here
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, KNOWN.into_iter()), meant, "{word}");
        }
    }
}
