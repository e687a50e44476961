//! Validates names, paths and URLs, and suggests the right form. The macro never changes a name silently.

use crate::util::suggest;

/// The longest name of a check or a service, in characters.
pub(crate) const MAX_LENGTH: usize = 64;

/// With `prefix`, the paths of the probes end in these words. A check with such a name would have the path of a probe.
const RESERVED: [&str; 3] = ["live", "ready", "startup"];

/// What the public probes may tell, from the least to the most.
const PUBLIC: [&str; 3] = ["status", "checks", "details"];

/// What is wrong with the name of a check.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".into());
    }
    if RESERVED.contains(&name) {
        return Some("is reserved, because with `prefix` it is the path of a probe".into());
    }
    if let Some(strange) = name.chars().find(|c| !is_inner(*c)) {
        let strange = strange.escape_debug();
        return Some(format!(
            "contains `{strange}`, but only `a`-`z`, `0`-`9`, `_`, `.` and `-` are allowed"
        ));
    }
    if !name.starts_with(is_first) {
        return Some("must start with `a`-`z` or `0`-`9`".into());
    }
    (name.len() > MAX_LENGTH).then(|| format!("has {} characters, at most {MAX_LENGTH} are allowed", name.len()))
}

/// What is wrong with the name of a group.
pub(crate) fn group_problem(name: &str) -> Option<String> {
    name_problem(name).filter(|_| !RESERVED.contains(&name))
}

/// The error about `name = "…"` of a check.
pub(crate) fn name_error(name: &str) -> Option<String> {
    Some(format!("name {name:?} {}; {}", name_problem(name)?, name_fix(name)))
}

/// The error about the name of a group.
pub(crate) fn group_error(name: &str) -> Option<String> {
    Some(format!("group {name:?} {}; {}", group_problem(name)?, name_fix(name)))
}

/// The error about the name of another check: its full name, after the names of the nested structs that lead to it.
pub(crate) fn dependency_error(name: &str) -> Option<String> {
    let mut rest = name;
    while rest.len() > MAX_LENGTH
        && let Some((nest, inner)) = rest.split_once('.')
        && group_problem(nest).is_none()
    {
        rest = inner;
    }
    // A check of a nested struct may have a reserved name, as a group may.
    Some(format!("check {name:?} {}; {}", group_problem(rest)?, name_fix(name)))
}

/// The error about the name of a field or function, if the check takes its name from there.
pub(crate) fn implicit_name_error(name: &str, owner: &str) -> Option<String> {
    let problem = name_problem(name)?;
    let fix = match similar(name) {
        Some(similar) => format!("add `name = \"{similar}\"`"),
        None if name.len() > MAX_LENGTH => "add `name = \"...\"` with a shorter one".into(),
        None => "add `name = \"...\"` with these characters".into(),
    };
    Some(format!("{owner} name `{name}` {problem}; {fix}"))
}

/// The fix for a name that has a problem.
fn name_fix(name: &str) -> String {
    match similar(name) {
        Some(similar) => format!("did you mean \"{similar}\"?"),
        None if name.len() > MAX_LENGTH => "shorten it".into(),
        None if name.is_empty() => "write one such as \"orders-db\"".into(),
        None => "write it with these characters".into(),
    }
}

/// A valid name similar to this one.
fn similar(name: &str) -> Option<String> {
    let lower = split_words(name.trim()).to_lowercase();
    let replaced: String = lower.chars().map(|c| if is_inner(c) { c } else { '-' }).collect();
    let mut similar = replaced
        .trim_start_matches(|c| !is_first(c))
        .trim_end_matches('-')
        .to_owned();
    if RESERVED.contains(&similar.as_str()) {
        similar += "-check";
    }
    (name_problem(&similar).is_none() && similar != name && lower.is_ascii()).then_some(similar)
}

/// `DiskSpace` as `Disk-Space`.
fn split_words(name: &str) -> String {
    let mut split = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && split.ends_with(|before: char| before.is_ascii_lowercase()) {
            split.push('-');
        }
        split.push(c);
    }
    split
}

/// The error about `name = "…"` of the service.
pub(crate) fn service_name_error(name: &str) -> Option<String> {
    label_problem(name).map(|problem| format!("`name` {problem}"))
}

/// The error about `version = "…"` of the service.
pub(crate) fn version_error(version: &str) -> Option<String> {
    label_problem(version).map(|problem| format!("`version` {problem}"))
}

/// The error about `description = "…"`.
pub(crate) fn description_error(text: &str) -> Option<String> {
    let is_empty = text.trim().is_empty();
    is_empty.then(|| "`description` is empty; say what is checked, or leave it out".into())
}

/// The error about `restart_helps = "…"`.
pub(crate) fn restart_helps_error(text: &str) -> Option<String> {
    let is_empty = text.trim().is_empty();
    is_empty.then(|| "`restart_helps` is empty; say why a restart of this process fixes what is checked".into())
}

/// What is wrong with the name or version of a service.
fn label_problem(text: &str) -> Option<String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Some("is empty; leave it out to take it from `Cargo.toml`".into());
    }
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        return Some(format!(
            "contains the control character `{}`; remove it",
            control.escape_debug()
        ));
    }
    (length > MAX_LENGTH).then(|| format!("has {length} characters; at most {MAX_LENGTH} are allowed"))
}

/// The error about `public = "…"`.
pub(crate) fn public_error(choice: &str) -> Option<String> {
    if PUBLIC.contains(&choice) {
        return None;
    }
    let fix = match suggest::nearest(&suggest::normal(choice), &PUBLIC) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "write \"status\", \"checks\" or \"details\"".into(),
    };
    Some(format!("`public` cannot be {choice:?}; {fix}"))
}

/// The error about `prefix = "…"`.
pub(crate) fn prefix_error(prefix: &str) -> Option<String> {
    if prefix.is_empty() {
        return None; // the probes are at `/live`, `/ready`, `/startup` and `/health`
    }
    let problem = path_problem(
        prefix,
        "write for example \"/health\", or \"\" for `/live` and `/ready`",
    );
    problem.map(|problem| format!("`prefix` {problem}"))
}

/// The error about a path of a probe.
pub(crate) fn path_error(path: &str) -> Option<String> {
    path_problem(path, "write for example \"/ping\"").map(|problem| format!("the path {problem}"))
}

/// What is wrong with a path.
fn path_problem(path: &str, example: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_.~-".contains(c);
    if let Some(strange) = path.chars().find(|c| !allowed(*c)) {
        let strange = strange.escape_debug();
        return Some(format!(
            "contains `{strange}`; only letters, digits, `/`, `_`, `.`, `~` and `-` are allowed, such as \"/health\""
        ));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        let is = if path.is_empty() { "is empty" } else { "has only `/`" };
        return Some(format!("{is}; {example}"));
    }
    if parts.iter().any(|part| [".", ".."].contains(part)) {
        return Some("cannot contain `.` or `..` as a part, because clients resolve them; write the whole path".into());
    }
    let right = format!("/{}", parts.join("/"));
    if path == right {
        return None;
    }
    let wrong = if !path.starts_with('/') {
        "must start with `/`"
    } else if path.ends_with('/') {
        "must not end with `/`"
    } else {
        "contains an empty part, `//`"
    };
    Some(format!("{wrong}; did you mean \"{right}\"?"))
}

/// The error about `runbook = "…"`.
pub(crate) fn runbook_error(url: &str) -> Option<String> {
    url_problem(url).map(|problem| format!("`runbook` {problem}"))
}

/// What is wrong with a URL that people open.
fn url_problem(url: &str) -> Option<String> {
    const EXAMPLE: &str = "such as \"https://wiki.example/db\"";
    if url.trim().is_empty() {
        return Some(format!("is empty; write a URL {EXAMPLE}, or leave it out"));
    }
    if let Some(strange) = url
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(*c))
    {
        let strange = strange.escape_debug();
        return Some(format!(
            "contains `{strange}`, which no URL contains; write it percent-encoded"
        ));
    }
    let lower = url.to_ascii_lowercase();
    let Some(rest) = ["https://", "http://"]
        .iter()
        .find_map(|scheme| lower.strip_prefix(scheme))
    else {
        let host = url.split('/').next().unwrap_or_default();
        let fix = if host.contains('.') && !host.contains([':', '@']) {
            format!("did you mean \"https://{url}\"?")
        } else {
            format!("write one {EXAMPLE}")
        };
        return Some(format!("must be a URL that begins with `https://` or `http://`; {fix}"));
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
    (!host.contains(|c: char| c.is_alphanumeric())).then(|| format!("names no host; write a URL {EXAMPLE}"))
}

fn is_first(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_inner(c: char) -> bool {
    is_first(c) || "_.-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::{MAX_LENGTH, group_problem, name_problem, path_error, prefix_error, similar, url_problem};

    #[test]
    fn a_group_may_have_the_name_of_a_probe() {
        assert_eq!(group_problem("ready"), None);
        assert!(group_problem("Ready").is_some());
    }

    #[test]
    fn a_url_has_a_scheme_that_browsers_follow_and_a_host() {
        for url in [
            "https://wiki.example/db",
            "http://localhost:8080/#db",
            "HTTPS://[::1]/",
            "https://a.b/c?d=%20@e",
        ] {
            assert_eq!(url_problem(url), None, "{url}");
        }
        for (url, wrong) in [
            ("", "is empty"),
            ("wiki", "begins with `https://`"),
            ("wiki.example/db", "did you mean \"https://wiki.example/db\"?"),
            ("javascript:alert(1)", "begins with `https://`"),
            ("ftp://a.b", "begins with `https://`"),
            ("https://", "names no host"),
            ("https:///db", "names no host"),
            ("https://:80", "names no host"),
            ("https://a.b:port/", "has an invalid port `port`"),
            ("https://a.b:99999", "has an invalid port `99999`"),
            ("docs/runbook.md", "write one such as"),
            ("https://me:secret@a.b", "contains credentials"),
            ("https://a.b/c d", "contains ` `"),
            ("https://a.b/\"><script>", "contains `\\\"`"),
        ] {
            let problem = url_problem(url).unwrap_or_default();
            assert!(problem.contains(wrong), "{url}: {problem}");
        }
    }

    #[test]
    fn valid_names_are_accepted() {
        for name in ["db", "0", "a.b-c_d", &"x".repeat(MAX_LENGTH)] {
            assert_eq!(name_problem(name), None, "{name}");
        }
    }

    #[test]
    fn an_invalid_name_is_refused_and_gets_a_similar_valid_name() {
        for (name, right) in [
            ("DB", Some("db")),
            ("Orders DB", Some("orders-db")),
            ("ordersDb", Some("orders-db")),
            ("DiskSpace", Some("disk-space")),
            ("_db", Some("db")),
            ("db/main", Some("db-main")),
            ("ready", Some("ready-check")),
            ("größe", None),
            ("", None),
            ("___", None),
        ] {
            assert!(name_problem(name).is_some(), "{name}");
            assert_eq!(similar(name).as_deref(), right, "{name}");
        }
        assert!(name_problem(&"x".repeat(MAX_LENGTH + 1)).is_some());
    }

    #[test]
    fn a_prefix_is_a_path_without_a_trailing_slash() {
        for prefix in ["/health", "/a/b", "/A_b.c~d-e"] {
            assert_eq!(prefix_error(prefix), None, "{prefix}");
            assert_eq!(path_error(prefix), None, "{prefix}");
        }
        assert_eq!(prefix_error(""), None, "the probes are at the root");
        assert!(path_error("").is_some());
        for prefix in [
            "/", "//", "health", "/health/", "/a//b", "/{id}", "/a*", "/a b", "/../x", "/ü",
        ] {
            assert!(prefix_error(prefix).is_some(), "{prefix}");
            assert!(path_error(prefix).is_some(), "{prefix}");
        }
    }
}
