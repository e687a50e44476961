//! The rules for names, prefixes and URLs. They are the rules of the derive, for what is added by hand.

/// The longest name, in bytes. In a full name, the name of each nested struct may also have this length.
pub(crate) const LONGEST: usize = 64;

/// Whether this is a valid name for a check, alone or after the name of a nested struct.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= LONGEST && name.starts_with(plain) && name.chars().all(|c| plain(c) || "_.-".contains(c))
}

/// Whether a check or a nested struct can have this full name: the names of the nested structs, then its own name, with
/// `.` between them.
pub(crate) fn is_full_name(name: &str) -> bool {
    let mut rest = name;
    while rest.len() > LONGEST {
        match rest.split_once('.') {
            Some((nest, inner)) if is_name(nest) => rest = inner,
            _ => return false,
        }
    }
    is_name(rest)
}

/// Whether, with a prefix, a check with this name would have the path of a probe.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "live" | "ready" | "startup")
}

/// The prefix of all paths may be empty.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    prefix.is_empty() || is_path(prefix)
}

pub(crate) fn is_path(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.~".contains(c);
    path.starts_with('/')
        && !path.ends_with('/')
        && !path.contains("//")
        && !path.split('/').any(|part| matches!(part, "." | ".."))
        && path.chars().all(plain)
}

/// What is wrong with the `name` or `version` of a service.
pub(crate) fn label_problem(option: &str, text: &str) -> Option<String> {
    let length = text.chars().count();
    let too_long = || (length > LONGEST).then(|| format!("has {length} characters; at most {LONGEST} are allowed"));
    package_label_problem(option, text).or_else(too_long)
}

/// Like [`label_problem`], for text that may come from `Cargo.toml`, where a version may be longer.
pub(crate) fn package_label_problem(option: &str, text: &str) -> Option<String> {
    if text.trim().is_empty() {
        let variable = option.to_uppercase();
        return Some(format!(
            "is empty; write that of the package, `env!(\"CARGO_PKG_{variable}\")`, or another"
        ));
    }
    let control = text.chars().find(|c| c.is_control())?.escape_debug();
    Some(format!("contains the control character `{control}`; remove it"))
}

/// What is wrong with the URL of a runbook.
pub(crate) fn url_problem(url: &str) -> Option<String> {
    let strange = |c: &char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(*c);
    if url.trim().is_empty() {
        return Some("is empty; write a URL, or leave it out".into());
    }
    if let Some(strange) = url.chars().find(strange) {
        let strange = strange.escape_debug();
        return Some(format!(
            "contains `{strange}`, which no URL contains; write it percent-encoded"
        ));
    }
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return Some("must be a URL that begins with `https://` or `http://`".into());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("contains credentials, and reports show it; remove what stands before the `@`".into());
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if let Some(port) = port.filter(|port| port.parse::<u16>().is_err()) {
        return Some(format!(
            "has an invalid port `{port}`; write a number up to 65535, or leave it out"
        ));
    }
    (!host.contains(char::is_alphanumeric)).then(|| "names no host; write a URL with one".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_longer_than_the_derive_allows() {
        assert!(is_name(&"x".repeat(64)));
        assert!(!is_name(&"x".repeat(65)));
    }

    #[test]
    fn in_a_full_name_each_name_may_have_the_full_length() {
        let long = "x".repeat(64);
        for name in [
            "db",
            "billing.ledger",
            "a.b-c..d",
            &long,
            &format!("{long}.{long}.{long}"),
        ] {
            assert!(is_full_name(name), "{name}");
        }
        let too_long = format!("{long}x");
        for name in [
            "",
            ".db",
            "Billing.ledger",
            "a b",
            &too_long,
            &format!("{too_long}.db"),
            &format!("{long}.{too_long}"),
            &format!("{long}..{long}"),
            &format!("{long}.-{long}"),
        ] {
            assert!(!is_full_name(name), "{name}");
        }
    }
}
